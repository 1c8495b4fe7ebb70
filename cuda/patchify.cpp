#include <ATen/ATen.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

at::Tensor patchify_reference(const at::Tensor& images, int64_t patch, at::ArrayRef<double> mean,
                              at::ArrayRef<double> std) {
  TORCH_CHECK(images.dim() == 4 && images.scalar_type() == at::kByte,
              "patchify: images must be uint8 [N, C, H, W]");
  const int64_t count = images.size(0);
  const int64_t channels = images.size(1);
  TORCH_CHECK(patch > 0 && images.size(2) % patch == 0 && images.size(3) % patch == 0,
              "patchify: ", images.size(2), "x", images.size(3), " is no multiple of ", patch);
  TORCH_CHECK(static_cast<int64_t>(mean.size()) == channels &&
                  static_cast<int64_t>(std.size()) == channels,
              "patchify: ", channels, " channels, ", mean.size(), " means, ", std.size(), " stds");
  const auto options = images.options().dtype(at::kFloat);
  const auto per_channel = [&](at::ArrayRef<double> values) {
    return at::tensor(values, options).view({1, channels, 1, 1});
  };
  const at::Tensor x =
      images.to(at::kFloat).div_(255.0).sub_(per_channel(mean)).div_(per_channel(std));
  const int64_t rows = images.size(2) / patch;
  const int64_t columns = images.size(3) / patch;
  return x.view({count, channels, rows, patch, columns, patch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({count, rows * columns, channels * patch * patch});
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def("patchify(Tensor images, int patch, float[] mean, float[] std) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("patchify", patchify_reference);
}

at::Tensor patchify(const at::Tensor& images, int64_t patch, at::ArrayRef<double> mean,
                    at::ArrayRef<double> std) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::patchify", "")
                             .typed<decltype(patchify_reference)>();
  return op.call(images, patch, mean, std);
}

}  // namespace deepstack
