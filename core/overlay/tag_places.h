// TagPlaces: where the tags of boxes go: inside the picture, beside their box, not on each other
// where there is room. Remembers on which side a track's tag was, so that nothing jumps. One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/overlay/canvas.h"

namespace deepstack {

struct Tag {
  PixelRect box;
  int width = 0;  // of the tag; 0 = none
  int height = 0;
  std::optional<int64_t> track_id = {};
};

class TagPlaces {
 public:
  // A place for each tag; those that come first choose first. Tags without width get an empty one.
  // Width and height are those of the picture.
  std::vector<PixelRect> place(const std::vector<Tag>& tags, int width, int height);

 private:
  std::map<int64_t, size_t> sides_;  // of the tracks in the last picture
};

}  // namespace deepstack
