#include "core/overlay/canvas.h"

#include <algorithm>
#include <cmath>

namespace deepstack {
namespace {

// The samples of a component that a rectangle of pixels touches.
PixelRect samples_of(const CanvasComponent& component, const PixelRect& rect) {
  const auto rounded_up = [](int pixels, int shift) {
    return (pixels + (1 << shift) - 1) >> shift;
  };
  const int x = rect.x >> component.x_shift;
  const int y = rect.y >> component.y_shift;
  return {x, y, rounded_up(rect.right(), component.x_shift) - x,
          rounded_up(rect.bottom(), component.y_shift) - y};
}

template <typename Sample>
void fill_samples(const CanvasComponent& component, const PixelRect& area, Sample value) {
  for (int y = area.y; y < area.bottom(); ++y) {
    uint8_t* at = component.data + static_cast<size_t>(y) * component.row_bytes +
                  static_cast<size_t>(area.x) * component.step_bytes;
    if (component.step_bytes == sizeof(Sample)) {
      std::fill_n(reinterpret_cast<Sample*>(at), area.width, value);
      continue;
    }
    for (int x = 0; x < area.width; ++x, at += component.step_bytes) {
      *reinterpret_cast<Sample*>(at) = value;
    }
  }
}

// Calls change(sample, x, y) for each sample of area; Sample is the word that holds one.
template <typename Sample, typename Change>
void for_samples(const CanvasComponent& component, const PixelRect& area, const Change& change) {
  for (int y = area.y; y < area.bottom(); ++y) {
    uint8_t* at = component.data + static_cast<size_t>(y) * component.row_bytes +
                  static_cast<size_t>(area.x) * component.step_bytes;
    for (int x = area.x; x < area.right(); ++x, at += component.step_bytes) {
      change(*reinterpret_cast<Sample*>(at), x, y);
    }
  }
}

template <typename Change>
void for_samples(const Canvas& canvas, const CanvasComponent& component, const PixelRect& area,
                 const Change& change) {
  if (canvas.depth > 8) {
    for_samples<uint16_t>(component, area, change);
  } else {
    for_samples<uint8_t>(component, area, change);
  }
}

struct LumaWeights {
  double red;
  double blue;
};

LumaWeights luma_weights(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::kBt709:
      return {0.2126, 0.0722};
    case ColorMatrix::kBt2020:
      return {0.2627, 0.0593};
    default:
      return {0.299, 0.114};
  }
}

int black_of(const Canvas& canvas) {
  const bool limited = canvas.model != Canvas::Model::kRgb && canvas.range == ColorRange::kLimited;
  return limited ? 16 << (canvas.depth - 8) : 0;
}

// What the samples of the components are for a colour, alpha opaque, before the shift.
std::array<int, 4> samples_for(const Canvas& canvas, Color color) {
  const int most = (1 << canvas.depth) - 1;
  const auto scaled = [&](double value) {  // 0..255 to the depth
    return std::clamp(static_cast<int>(std::lround(value / 255 * most)), 0, most);
  };
  if (canvas.model == Canvas::Model::kRgb) {
    return {scaled(color.red), scaled(color.green), scaled(color.blue), most};
  }
  const auto [red, blue] = luma_weights(canvas.matrix);
  const double luma = red * color.red + (1 - red - blue) * color.green + blue * color.blue;
  const double blue_difference = (color.blue - luma) / (2 * (1 - blue));
  const double red_difference = (color.red - luma) / (2 * (1 - red));
  const bool full = canvas.range == ColorRange::kFull;
  const double unit = full ? most / 255.0 : static_cast<double>(1 << (canvas.depth - 8));
  const auto limited = [&](double value) {
    return std::clamp(static_cast<int>(std::lround(value)), 0, most);
  };
  const int middle = 1 << (canvas.depth - 1);
  const double chroma = unit * (full ? 1 : 224.0 / 255);
  const int luma_sample = limited(black_of(canvas) + unit * (full ? luma : luma * 219 / 255));
  // Grey has one component, then alpha, which no format with grey has.
  return {luma_sample, limited(middle + chroma * blue_difference),
          limited(middle + chroma * red_difference), most};
}

// The mean share of the pixels that one sample stands for; (x, y) the sample, coverage at (left,
// top).
int mean_share(const Coverage& coverage, const CanvasComponent& component, int x, int y, int left,
               int top) {
  const int first_x = (x << component.x_shift) - left;
  const int first_y = (y << component.y_shift) - top;
  const int across = 1 << component.x_shift;
  const int down = 1 << component.y_shift;
  int sum = 0;
  for (int row = std::max(0, first_y); row < std::min(coverage.height, first_y + down); ++row) {
    for (int i = std::max(0, first_x); i < std::min(coverage.width, first_x + across); ++i) {
      sum += coverage.row(row)[i];
    }
  }
  return sum >> (component.x_shift + component.y_shift);
}

}  // namespace

PixelRect intersection(const PixelRect& a, const PixelRect& b) {
  const int x = std::max(a.x, b.x);
  const int y = std::max(a.y, b.y);
  return {x, y, std::max(0, std::min(a.right(), b.right()) - x),
          std::max(0, std::min(a.bottom(), b.bottom()) - y)};
}

size_t Canvas::component_count() const {
  if (model == Model::kGray) return 1;
  return has_alpha ? 4 : 3;
}

int Canvas::grid() const {
  int shift_most = 0;
  for (const CanvasComponent& component : components) {
    shift_most = std::max({shift_most, component.x_shift, component.y_shift});
  }
  return 1 << shift_most;
}

void Canvas::fill(const PixelRect& rect, Color color) {
  const PixelRect visible = intersection(rect, whole());
  if (visible.empty()) return;
  const std::array<int, 4> values = samples_for(*this, color);
  for (size_t i = 0; i < component_count(); ++i) {
    const int value = values[i] << shift;
    const PixelRect area = samples_of(components[i], visible);
    if (depth > 8) {
      fill_samples(components[i], area, static_cast<uint16_t>(value));
    } else {
      fill_samples(components[i], area, static_cast<uint8_t>(value));
    }
  }
}

void Canvas::darken(const PixelRect& rect, int remain) {
  const PixelRect visible = intersection(rect, whole());
  if (visible.empty()) return;
  const int black = black_of(*this);
  const size_t brightness = model == Model::kRgb ? 3 : 1;
  for (size_t i = 0; i < brightness; ++i) {
    for_samples(*this, components[i], samples_of(components[i], visible),
                [&](auto& sample, int, int) {
                  const int value = (sample >> shift) - black;
                  sample = static_cast<std::remove_reference_t<decltype(sample)>>(
                      (black + value * remain / 256) << shift);
                });
  }
}

void Canvas::blend(const Coverage& coverage, int x, int y, Color color) {
  const PixelRect visible = intersection({x, y, coverage.width, coverage.height}, whole());
  if (visible.empty()) return;
  const std::array<int, 4> values = samples_for(*this, color);
  for (size_t i = 0; i < component_count(); ++i) {
    const CanvasComponent& component = components[i];
    const int value = values[i];
    const auto mix = [value, this](auto& sample, int share) {
      if (share == 0) return;
      const int from = sample >> shift;
      const int to = (from * (255 - share) + value * share + 127) / 255;
      sample = static_cast<std::remove_reference_t<decltype(sample)>>(to << shift);
    };
    const PixelRect area = samples_of(component, visible);
    if (component.x_shift == 0 && component.y_shift == 0) {
      for_samples(*this, component, area, [&](auto& sample, int sample_x, int sample_y) {
        mix(sample, coverage.row(sample_y - y)[sample_x - x]);
      });
    } else {
      for_samples(*this, component, area, [&](auto& sample, int sample_x, int sample_y) {
        mix(sample, mean_share(coverage, component, sample_x, sample_y, x, y));
      });
    }
  }
}

}  // namespace deepstack
