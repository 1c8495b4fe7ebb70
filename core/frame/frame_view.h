// FrameView: a borrowed look at the pixels of one frame, where they are. Nothing is owned or copied;
// the view is good as long as its owner keeps the memory mapped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/status.h"

namespace deepstack {

enum class PixelFormat { kRgb, kBgr, kRgba, kBgra, kRgbx, kBgrx, kGray8, kI420, kNv12 };
enum class ColorMatrix { kBt601, kBt709, kBt2020 };
enum class ColorRange { kLimited, kFull };

struct Plane {
  const uint8_t* data = nullptr;
  size_t stride_bytes = 0;
  size_t size_bytes = 0;  // readable bytes from data
};

struct FrameView {
  // Largest side that is analysed; GStreamer itself allows more than any camera sends.
  static constexpr int kMaxSide = 16384;

  PixelFormat format = PixelFormat::kRgb;
  int width = 0;
  int height = 0;
  std::array<Plane, 3> planes{};
  ColorMatrix matrix = ColorMatrix::kBt601;  // of the YUV formats
  ColorRange range = ColorRange::kLimited;   // of the YUV formats

  // Sizes, strides and plane lengths agree, so that every pixel may be read.
  Status validate() const;
};

}  // namespace deepstack
