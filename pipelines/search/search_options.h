// What `deepstack search` is asked for.
#pragma once

#include <cstddef>
#include <string>

#include "core/settings.h"

namespace deepstack {

struct SearchOptions {
  std::string store;
  std::string image;     // query: a picture, or the box in it,
  std::string identity;  // somebody known,
  std::string video;     // or what is in the box of a frame
  std::string at;
  std::string box;
  std::string in;  // a picture or, with at, a video to find the image in; no store is asked then

  std::string camera;
  std::string label;
  std::string after;
  std::string before;
  float min_score = 0;
  size_t limit = 10;

  std::string thumbnails;  // folder
  bool json = false;
  Settings settings;
};

}  // namespace deepstack
