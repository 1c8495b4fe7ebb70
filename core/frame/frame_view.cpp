#include "core/frame/frame_view.h"

#include <string>

namespace deepstack {
namespace {

struct PlaneShape {
  size_t row_bytes;
  size_t rows;
};

size_t plane_count(PixelFormat format) {
  if (format == PixelFormat::kI420) return 3;
  return format == PixelFormat::kNv12 ? 2 : 1;
}

size_t bytes_per_pixel(PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgb:
    case PixelFormat::kBgr:
      return 3;
    case PixelFormat::kRgba:
    case PixelFormat::kBgra:
    case PixelFormat::kRgbx:
    case PixelFormat::kBgrx:
      return 4;
    default:
      return 1;
  }
}

PlaneShape plane_shape(const FrameView& frame, size_t plane) {
  const auto width = static_cast<size_t>(frame.width);
  const auto height = static_cast<size_t>(frame.height);
  if (plane == 0) return {width * bytes_per_pixel(frame.format), height};
  const size_t chroma_width = (width + 1) / 2;
  const size_t samples = frame.format == PixelFormat::kNv12 ? 2 : 1;
  return {chroma_width * samples, (height + 1) / 2};
}

}  // namespace

Status FrameView::validate() const {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return invalid("frame is " + std::to_string(width) + "x" + std::to_string(height) +
                   ", each side must be 1.." + std::to_string(kMaxSide));
  }
  for (size_t i = 0; i < plane_count(format); ++i) {
    const PlaneShape shape = plane_shape(*this, i);
    const Plane& plane = planes[i];
    const std::string name = "frame plane " + std::to_string(i);
    if (plane.data == nullptr) return invalid(name + " has no data");
    if (plane.stride_bytes < shape.row_bytes) {
      return invalid(name + " has a stride of " + std::to_string(plane.stride_bytes) +
                     " bytes, a row needs " + std::to_string(shape.row_bytes));
    }
    // The last row needs no padding. Divided, not multiplied: no stride may wrap the product around.
    if (plane.size_bytes < shape.row_bytes ||
        (plane.size_bytes - shape.row_bytes) / plane.stride_bytes < shape.rows - 1) {
      return invalid(name + " has " + std::to_string(plane.size_bytes) + " bytes, too few for " +
                     std::to_string(shape.rows) + " rows " + std::to_string(plane.stride_bytes) +
                     " apart");
    }
  }
  return {};
}

}  // namespace deepstack
