// Canvas: raw video that may be drawn on, where it is: planes with strides, in any of the formats
// whose samples lie at regular distances, and that is all but the packed 10 bit ones. One
// description serves RGB, YUV and grey, 8 to 16 bits, so that nothing is converted to be drawn on.
//
// Nothing is owned: the memory must stay mapped for writing as long as the canvas is used.
// Everything is clipped to the picture.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/frame/frame_view.h"
#include "core/overlay/colors.h"

namespace deepstack {

// Pixels, (x, y) the top left one.
struct PixelRect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const { return x + width; }
  int bottom() const { return y + height; }
  bool empty() const { return width <= 0 || height <= 0; }
  bool operator==(const PixelRect&) const = default;
};

PixelRect intersection(const PixelRect& a, const PixelRect& b);

// How much of each pixel of a rectangle is covered: 0..255, row by row.
struct Coverage {
  std::span<const uint8_t> shares;  // width * height
  int width = 0;
  int height = 0;

  const uint8_t* row(int y) const {
    return &shares[static_cast<size_t>(y) * static_cast<size_t>(width)];
  }
};

// One of the values of a pixel (R, or Y, ...): where its samples are.
struct CanvasComponent {
  uint8_t* data = nullptr;  // the first sample
  size_t row_bytes = 0;     // from row to row
  size_t step_bytes = 1;    // from sample to sample
  int x_shift = 0;          // log2 of the pixels that share a sample, across
  int y_shift = 0;          // and down
};

class Canvas {
 public:
  enum class Model { kRgb, kYuv, kGray };

  // R, G, B or Y, U, V or grey; then alpha where there is one.
  std::array<CanvasComponent, 4> components{};
  Model model = Model::kRgb;
  bool has_alpha = false;
  int width = 0;
  int height = 0;
  int depth = 8;  // bits of a sample; above 8 samples are 16 bit words of the machine's byte order
  int shift = 0;  // of the bits within the word: 6 for P010
  ColorMatrix matrix = ColorMatrix::kBt601;  // of YUV
  ColorRange range = ColorRange::kLimited;   // of YUV and grey

  // Pixels across and down that share a colour: 2 for 4:2:0. What is drawn on this grid has clean
  // edges in every plane.
  int grid() const;

  void fill(const PixelRect& rect, Color color);

  // Darkens to remain / 256 of the brightness; colour differences stay.
  void darken(const PixelRect& rect, int remain);

  // Mixes color in at (x, y), by coverage.
  void blend(const Coverage& coverage, int x, int y, Color color);

 private:
  size_t component_count() const;
  PixelRect whole() const { return {0, 0, width, height}; }
};

}  // namespace deepstack
