#include <ATen/ATen.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

at::Tensor mrope_reference(const at::Tensor& x, const at::Tensor& positions,
                           at::IntArrayRef section, double theta) {
  TORCH_CHECK(x.dim() == 2 && x.size(1) % 2 == 0, "mrope: x must be [N, H], H even");
  TORCH_CHECK(positions.dim() == 2 && positions.size(0) == x.size(0) && positions.size(1) == 3 &&
                  positions.scalar_type() == at::kDouble,
              "mrope: positions must be double [", x.size(0), ", 3]");
  TORCH_CHECK(section.size() == 3, "mrope: section must have 3 numbers");
  const int64_t half = x.size(1) / 2;
  TORCH_CHECK(section[0] + section[1] + section[2] == half, "mrope: section sums to ",
              section[0] + section[1] + section[2], ", half the channels are ", half);

  std::vector<int64_t> axis(half, 0);
  for (int64_t c = 0; c < half; ++c) {
    if (c % 3 == 1 && c < 3 * section[1]) axis[c] = 1;
    if (c % 3 == 2 && c < 3 * section[2]) axis[c] = 2;
  }
  const auto on_device = positions.options();
  const at::Tensor exponent = at::arange(half, on_device) * (-2.0 / static_cast<double>(2 * half));
  const at::Tensor frequency = at::pow(at::full({}, theta, on_device), exponent);
  const at::Tensor axes = at::tensor(axis, on_device.dtype(at::kLong));
  const at::Tensor angles = positions.index_select(1, axes) * frequency;  // [N, half]
  const at::Tensor cosine = angles.cos().to(x.scalar_type());
  const at::Tensor sine = angles.sin().to(x.scalar_type());
  const at::Tensor low = x.narrow(1, 0, half);
  const at::Tensor high = x.narrow(1, half, half);
  return at::cat({low * cosine - high * sine, high * cosine + low * sine}, 1);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def("mrope(Tensor x, Tensor positions, int[] section, float theta) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("mrope", mrope_reference);
}

at::Tensor mrope(const at::Tensor& x, const at::Tensor& positions, at::IntArrayRef section,
                 double theta) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::mrope", "")
                             .typed<decltype(mrope_reference)>();
  return op.call(x, positions, section, theta);
}

}  // namespace deepstack
