// Box: an axis-aligned rectangle in pixels of the frame, (x, y) its top left corner.
#pragma once

#include <algorithm>

namespace deepstack {

struct Box {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;

  float right() const { return x + width; }
  float bottom() const { return y + height; }
  float area() const { return width * height; }
  bool operator==(const Box&) const = default;
};

// Area of the overlap of a and b, in pixels squared; 0 when they are apart.
inline float intersection(const Box& a, const Box& b) {
  const float width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const float height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return std::max(0.0F, width) * std::max(0.0F, height);
}

// Intersection over union, 0..1; 0 for empty boxes.
inline float iou(const Box& a, const Box& b) {
  const float common = intersection(a, b);
  const float both = a.area() + b.area() - common;
  return both > 0 ? common / both : 0;
}

// The part of box inside a frame of width x height pixels; empty when there is none.
inline Box clip(const Box& box, float width, float height) {
  const float x = std::clamp(box.x, 0.0F, width);
  const float y = std::clamp(box.y, 0.0F, height);
  return {x, y, std::clamp(box.right(), x, width) - x, std::clamp(box.bottom(), y, height) - y};
}

}  // namespace deepstack
