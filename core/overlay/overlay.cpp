#include "core/overlay/overlay.h"

#include <algorithm>
#include <cmath>

namespace deepstack {
namespace {

constexpr int kCasing = 128;  // of 256: what is left of the brightness beside a line
constexpr int kGapInDashes = 96;

// Sizes go by the shorter side: a portrait picture is looked at like a landscape one.
int capital_pixels(int width, int height, float scale) {
  const double automatic = std::max(8.0, std::min(width, height) / 60.0);
  return static_cast<int>(std::lround(automatic * (scale > 0 ? scale : 1)));
}

int line_pixels(int width, int height, int wanted, int grid) {
  const int automatic = std::max(2, static_cast<int>(std::lround(std::min(width, height) / 280.0)));
  const int line = wanted > 0 ? wanted : automatic;
  return (line + grid - 1) / grid * grid;
}

Color color_of(const OverlayObject& object) {
  if (!object.identity.empty()) return identity_color(std::string_view(object.identity));
  if (object.track_id) return identity_color(static_cast<size_t>(std::abs(*object.track_id)));
  return kUnknownColor;
}

// On the grid of the canvas, so that no plane has half a sample; false when it is outside.
bool to_pixels(const Box& box, const Canvas& canvas, PixelRect& pixels) {
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!finite(box.x) || !finite(box.y) || !finite(box.width) || !finite(box.height)) return false;
  const Box visible =
      clip(box, static_cast<float>(canvas.width), static_cast<float>(canvas.height));
  if (visible.width <= 0 || visible.height <= 0) return false;
  const int grid = canvas.grid();
  const auto snapped = [grid](float value) {
    return static_cast<int>(std::lround(value / static_cast<float>(grid))) * grid;
  };
  pixels.x = snapped(visible.x);
  pixels.y = snapped(visible.y);
  pixels.width = std::max(grid, snapped(visible.right()) - pixels.x);
  pixels.height = std::max(grid, snapped(visible.bottom()) - pixels.y);
  return true;
}

PixelRect grown(const PixelRect& rect, int by) {
  return {rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by};
}

// The four sides of a frame inside of rect, which do not overlap; all of rect when it is too small.
std::vector<PixelRect> sides_of(const PixelRect& rect, int thickness) {
  if (rect.width <= 2 * thickness || rect.height <= 2 * thickness) return {rect};
  const int between = rect.height - 2 * thickness;
  return {{rect.x, rect.y, rect.width, thickness},
          {rect.x, rect.bottom() - thickness, rect.width, thickness},
          {rect.x, rect.y + thickness, thickness, between},
          {rect.right() - thickness, rect.y + thickness, thickness, between}};
}

void draw_dashes(Canvas& canvas, const PixelRect& side, int dash, int gap, Color color) {
  const bool across = side.width >= side.height;
  const int length = across ? side.width : side.height;
  for (int at = 0; at < length; at += dash + gap) {
    const int drawn = std::min(dash, length - at);
    canvas.fill(across ? PixelRect{side.x + at, side.y, drawn, side.height}
                       : PixelRect{side.x, side.y + at, side.width, drawn},
                color);
  }
}

Color mixed(Color from, Color to, int percent) {
  const auto mix = [percent](uint8_t a, uint8_t b) {
    return static_cast<uint8_t>(a + (b - a) * percent / 100);
  };
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

}  // namespace

void Overlay::prepare(int width, int height, const OverlayStyle& style) {
  const int capital = capital_pixels(width, height, style.font_scale);
  if (bold_ != nullptr && bold_->capital_pixels() == capital) return;
  bold_ = std::make_unique<GlyphAtlas>(capital, GlyphAtlas::Weight::kBold);
  regular_ = std::make_unique<GlyphAtlas>(capital, GlyphAtlas::Weight::kRegular);
}

void Overlay::draw(Canvas& canvas, std::vector<OverlayObject> objects, const OverlayStyle& style) {
  if (style.labels != OverlayLabels::kNone) prepare(canvas.width, canvas.height, style);
  if (objects.size() > kMostBoxes) objects.resize(kMostBoxes);
  // Who stands further down is nearer to the camera: drawn last, and the first to choose a tag's
  // place.
  std::stable_sort(objects.begin(), objects.end(),
                   [](const auto& a, const auto& b) { return a.box.bottom() > b.box.bottom(); });
  std::vector<Drawn> drawn;
  for (const OverlayObject& object : objects) {
    if (object.tentative && !style.show_tentative) continue;
    PixelRect box;
    if (!to_pixels(object.box, canvas, box)) continue;
    drawn.push_back({&object, box, color_of(object), label_of(object, style.labels)});
  }
  const int line = line_pixels(canvas.width, canvas.height, style.line_width, canvas.grid());
  for (size_t i = drawn.size(); i > 0; --i) draw_box(canvas, drawn[i - 1], line);
  if (style.labels == OverlayLabels::kNone) return;

  if (drawn.size() > kMostTags) drawn.resize(kMostTags);
  std::vector<Tag> tags;
  for (Drawn& one : drawn) tags.push_back(measure(one, canvas.width));
  const std::vector<PixelRect> places = places_.place(tags, canvas.width, canvas.height);
  for (size_t i = drawn.size(); i > 0; --i) {
    if (!places[i - 1].empty()) draw_tag(canvas, drawn[i - 1], places[i - 1]);
  }
}

void Overlay::draw_box(Canvas& canvas, const Drawn& drawn, int line) const {
  if (drawn.object->tentative) {
    const int grid = canvas.grid();
    const int thin = (line / 2 + grid - 1) / grid * grid;
    for (const PixelRect& side : sides_of(drawn.box, thin)) {
      canvas.darken(side, kGapInDashes);
      draw_dashes(canvas, side, 3 * line + 2, 2 * line + 2, drawn.color);
    }
    return;
  }
  // A dark edge on both sides of the line: seen on any ground.
  const int casing = std::max(1, line / 4);
  const PixelRect inside = grown(drawn.box, -line);
  for (const PixelRect& side : sides_of(grown(drawn.box, casing), casing)) {
    canvas.darken(side, kCasing);
  }
  if (!inside.empty()) {
    for (const PixelRect& side : sides_of(inside, casing)) canvas.darken(side, kCasing);
  }
  for (const PixelRect& side : sides_of(drawn.box, line)) canvas.fill(side, drawn.color);
}

int Overlay::tag_width(const ObjectLabel& label) const {
  const int gap = bold_->capital_pixels() / 2;
  int width = 2 * gap + bold_->width_of(label.name);
  for (const std::string& detail : label.details) width += gap + regular_->width_of(detail);
  return width;
}

// Leaves out details until the tag is not wider than a third of the picture, or than its box.
Tag Overlay::measure(Drawn& drawn, int picture_width) const {
  Tag tag{.box = drawn.box, .track_id = drawn.object->track_id};
  if (drawn.label.name.empty()) return tag;
  const int widest = std::max(drawn.box.width, picture_width / 3);
  while (!drawn.label.details.empty() && tag_width(drawn.label) > widest) {
    drawn.label.details.pop_back();
  }
  const int capital = bold_->capital_pixels();
  tag.width = (tag_width(drawn.label) + 1) / 2 * 2;
  tag.height = (capital + 2 * std::max(3, bold_->descent_pixels()) + 1) / 2 * 2;
  return tag;
}

void Overlay::draw_tag(Canvas& canvas, const Drawn& drawn, const PixelRect& place) const {
  canvas.fill(place, drawn.color);
  const int capital = bold_->capital_pixels();
  const int gap = capital / 2;
  const int baseline = place.y + (place.height + capital) / 2;
  const Color ink = text_color_on(drawn.color);
  const Color faded = mixed(ink, drawn.color, 15);
  int x = place.x + gap;
  bold_->draw(canvas, drawn.label.name, x, baseline, ink);
  x += bold_->width_of(drawn.label.name);
  for (const std::string& detail : drawn.label.details) {
    x += gap;
    regular_->draw(canvas, detail, x, baseline, faded);
    x += regular_->width_of(detail);
  }
}

}  // namespace deepstack
