#include <ATen/ATen.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

at::Tensor angles_reference(const at::Tensor& positions, const at::Tensor& frequency,
                            at::IntArrayRef section) {
  TORCH_CHECK(positions.dim() == 2 && positions.size(1) == 3 &&
                  positions.scalar_type() == at::kDouble,
              "mrope: positions must be double [N, 3], not ", positions.scalar_type(), " ",
              positions.sizes());
  TORCH_CHECK(frequency.dim() == 1 && frequency.scalar_type() == at::kDouble,
              "mrope: frequency must be double [H/2], not ", frequency.scalar_type(), " ",
              frequency.sizes());
  TORCH_CHECK(section.size() == 3, "mrope: section must have 3 numbers, not ", section.size());
  const int64_t half = frequency.size(0);
  // One by one first, so that the sum cannot overflow.
  for (const int64_t share : section) {
    TORCH_CHECK(share >= 0 && share <= half, "mrope: section ", section, " of ", half,
                " channel pairs");
  }
  TORCH_CHECK(section[0] + section[1] + section[2] == half, "mrope: section ", section,
              " sums to ", section[0] + section[1] + section[2], ", there are ", half,
              " channel pairs");

  std::vector<int64_t> axis(half, 0);
  for (int64_t c = 0; c < half; ++c) {
    if (c % 3 == 1 && c < 3 * section[1]) axis[c] = 1;
    if (c % 3 == 2 && c < 3 * section[2]) axis[c] = 2;
  }
  const at::Tensor axes = at::tensor(axis, positions.options().dtype(at::kLong));
  return positions.index_select(1, axes) * frequency;
}

at::Tensor mrope_reference(const at::Tensor& x, const at::Tensor& positions,
                           const at::Tensor& frequency, at::IntArrayRef section,
                           double magnitude) {
  TORCH_CHECK(x.dim() == 2 && x.size(1) % 2 == 0, "mrope: x must be [N, H], H even, not ",
              x.sizes());
  TORCH_CHECK(positions.dim() == 2 && positions.size(0) == x.size(0),
              "mrope: positions must be double [", x.size(0), ", 3], not ", positions.sizes());
  const int64_t half = x.size(1) / 2;
  TORCH_CHECK(frequency.dim() == 1 && frequency.size(0) == half, "mrope: frequency must be double [",
              half, "], not ", frequency.sizes());
  const at::Tensor angles = mrope_angles(positions, frequency, section);
  // Rounded to x's type before the rotation, as Qwen3-VL's language model has it.
  const at::Tensor cosine = angles.cos().mul_(magnitude).to(x.scalar_type());
  const at::Tensor sine = angles.sin().mul_(magnitude).to(x.scalar_type());
  const at::Tensor low = x.narrow(1, 0, half);
  const at::Tensor high = x.narrow(1, half, half);
  return at::cat({low * cosine - high * sine, high * cosine + low * sine}, 1);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def("mrope_angles(Tensor positions, Tensor frequency, int[] section) -> Tensor");
  library.def(
      "mrope(Tensor x, Tensor positions, Tensor frequency, int[] section, float magnitude=1.0) -> "
      "Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("mrope_angles", angles_reference);
  library.impl("mrope", mrope_reference);
}

at::Tensor mrope_angles(const at::Tensor& positions, const at::Tensor& frequency,
                        at::IntArrayRef section) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::mrope_angles", "")
                             .typed<decltype(angles_reference)>();
  return op.call(positions, frequency, section);
}

at::Tensor mrope(const at::Tensor& x, const at::Tensor& positions, const at::Tensor& frequency,
                 at::IntArrayRef section, double magnitude) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::mrope", "")
                             .typed<decltype(mrope_reference)>();
  return op.call(x, positions, frequency, section, magnitude);
}

}  // namespace deepstack
