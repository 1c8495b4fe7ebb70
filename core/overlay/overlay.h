// Overlay: draws what is known of the objects in a picture onto it: a box each, and a tag with who
// it is. Line and letters grow with the picture, so that 320x240 can be read as 4K can; the colour
// of an identity is always the same (colors.h). A tentative identity's box is thin and dashed.
//
// One thread. Keeps the glyphs of the size that was drawn last and on which side the tags were.
#pragma once

#include <memory>
#include <vector>

#include "core/overlay/canvas.h"
#include "core/overlay/glyph_atlas.h"
#include "core/overlay/object_label.h"
#include "core/overlay/overlay_object.h"
#include "core/overlay/tag_places.h"

namespace deepstack {

struct OverlayStyle {
  OverlayLabels labels = OverlayLabels::kFull;
  int line_width = 0;    // pixels; 0 = by the size of the picture
  float font_scale = 0;  // times what suits the size of the picture; 0 = 1
  bool show_tentative = true;
};

class Overlay {
 public:
  // More objects than that get no box, further than kMostTags no tag: nobody could read them.
  static constexpr size_t kMostBoxes = 1024;
  static constexpr size_t kMostTags = 128;

  // Makes the glyphs for pictures of this size ahead of the first; draw() does it otherwise.
  void prepare(int width, int height, const OverlayStyle& style);

  void draw(Canvas& canvas, std::vector<OverlayObject> objects, const OverlayStyle& style);

 private:
  struct Drawn {
    const OverlayObject* object = nullptr;
    PixelRect box;
    Color color;
    ObjectLabel label;
  };

  void draw_box(Canvas& canvas, const Drawn& drawn, int line) const;
  Tag measure(Drawn& drawn, int picture_width) const;
  void draw_tag(Canvas& canvas, const Drawn& drawn, const PixelRect& place) const;
  int tag_width(const ObjectLabel& label) const;

  std::unique_ptr<const GlyphAtlas> bold_;
  std::unique_ptr<const GlyphAtlas> regular_;
  TagPlaces places_;
};

}  // namespace deepstack
