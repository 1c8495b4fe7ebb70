#include <ATen/ATen.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

// Sample positions along one axis of every box: first + (i + 0.5) * length / count, less the half cell
// by which centres lie inside their cell. [K, count]
at::Tensor sample_positions(const at::Tensor& first, const at::Tensor& last, int64_t count) {
  const at::Tensor step = (last - first) / static_cast<double>(count);
  const at::Tensor index = at::arange(count, first.options()) + 0.5;
  return first.unsqueeze(1) + index.unsqueeze(0) * step.unsqueeze(1) - 0.5;
}

at::Tensor roi_pool_reference(const at::Tensor& features, const at::Tensor& boxes, int64_t rows,
                              int64_t columns, int64_t samples) {
  TORCH_CHECK(features.dim() == 4 && features.size(2) > 0 && features.size(3) > 0,
              "roi_pool: features must be [L, C, H, W]");
  TORCH_CHECK(boxes.dim() == 2 && boxes.size(1) == 4, "roi_pool: boxes must be [K, 4]");
  TORCH_CHECK(rows > 0 && columns > 0 && samples > 0, "roi_pool: empty grid");
  const int64_t levels = features.size(0);
  const int64_t channels = features.size(1);
  const int64_t height = features.size(2);
  const int64_t width = features.size(3);
  const int64_t count = boxes.size(0);
  const int64_t down = rows * samples;
  const int64_t across = columns * samples;
  const at::Tensor corners = boxes.to(features.options());
  const auto y = sample_positions(corners.select(1, 1), corners.select(1, 3), down)
                     .clamp(0, static_cast<double>(height - 1));
  const auto x = sample_positions(corners.select(1, 0), corners.select(1, 2), across)
                     .clamp(0, static_cast<double>(width - 1));

  const at::Tensor y0 = y.floor();
  const at::Tensor x0 = x.floor();
  const at::Tensor fy = (y - y0).view({count, down, 1});
  const at::Tensor fx = (x - x0).view({count, 1, across});
  const at::Tensor flat = features.reshape({levels * channels, height * width});
  const auto corner = [&](int64_t dy, int64_t dx) {
    const at::Tensor row = (y0 + dy).clamp(0, height - 1).to(at::kLong).view({count, down, 1});
    const at::Tensor column = (x0 + dx).clamp(0, width - 1).to(at::kLong).view({count, 1, across});
    return flat.index_select(1, (row * width + column).reshape(-1))
        .view({levels * channels, count, down, across});
  };
  const at::Tensor sampled = corner(0, 0) * (1 - fy) * (1 - fx) + corner(0, 1) * (1 - fy) * fx +
                             corner(1, 0) * fy * (1 - fx) + corner(1, 1) * fy * fx;
  return sampled.view({levels, channels, count, rows, samples, columns, samples})
      .mean({4, 6})
      .view({levels, channels, count, rows * columns})
      .permute({2, 0, 3, 1})
      .contiguous();
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def(
      "roi_pool(Tensor features, Tensor boxes, int rows, int columns, int samples) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("roi_pool", roi_pool_reference);
}

at::Tensor roi_pool(const at::Tensor& features, const at::Tensor& boxes, int64_t rows,
                    int64_t columns, int64_t samples) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::roi_pool", "")
                             .typed<decltype(roi_pool_reference)>();
  return op.call(features, boxes, rows, columns, samples);
}

}  // namespace deepstack
