#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

void check_rotation(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  TORCH_CHECK(x.dim() == 3 && x.size(2) % 2 == 0 && (x.numel() == 0 || x.stride(2) == 1),
              "rotate_heads: x must be [N, heads, head], head even and dense, is ", x.sizes());
  const int64_t period = cosine.dim() == 2 ? cosine.size(0) : 0;
  TORCH_CHECK(cosine.dim() == 2 && cosine.size(1) == x.size(2) / 2 &&
                  cosine.sizes() == sine.sizes() && cosine.scalar_type() == at::kFloat &&
                  sine.scalar_type() == at::kFloat,
              "rotate_heads: cosine and sine must be float [P, ", x.size(2) / 2, "], are ",
              cosine.sizes(), " and ", sine.sizes());
  TORCH_CHECK(period > 0 ? x.size(0) % period == 0 : x.size(0) == 0, "rotate_heads: ", x.size(0),
              " tokens are no multiple of ", period, " positions");
}

template <typename scalar_t>
void rotate_rows(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine,
                 at::Tensor& out) {
  const int64_t heads = x.size(1);
  const int64_t half = x.size(2) / 2;
  const int64_t period = cosine.size(0);
  const int64_t token_stride = x.stride(0);
  const int64_t head_stride = x.stride(1);
  const scalar_t* in = x.const_data_ptr<scalar_t>();
  const float* cosines = cosine.const_data_ptr<float>();
  const float* sines = sine.const_data_ptr<float>();
  scalar_t* to = out.mutable_data_ptr<scalar_t>();
  at::parallel_for(0, x.size(0), /*grain_size=*/16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const float* c = cosines + n % period * half;
      const float* s = sines + n % period * half;
      for (int64_t h = 0; h < heads; ++h) {
        const scalar_t* low = in + n * token_stride + h * head_stride;
        const scalar_t* high = low + half;
        scalar_t* row = to + (n * heads + h) * 2 * half;
#pragma omp simd
        for (int64_t i = 0; i < half; ++i) {
          const auto a = static_cast<float>(low[i]);
          const auto b = static_cast<float>(high[i]);
          row[i] = static_cast<scalar_t>(a * c[i] - b * s[i]);
          row[half + i] = static_cast<scalar_t>(b * c[i] + a * s[i]);
        }
      }
    }
  });
}

at::Tensor rotate_heads_cpu(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  check_rotation(x, cosine, sine);
  at::Tensor out = at::empty(x.sizes(), x.options());
  if (x.numel() == 0) return out;
  const at::Tensor cosines = cosine.contiguous();
  const at::Tensor sines = sine.contiguous();
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, x.scalar_type(), "rotate_heads",
                                  [&] { rotate_rows<scalar_t>(x, cosines, sines, out); });
  return out;
}

// Any other device, until it has a kernel of its own.
at::Tensor rotate_heads_composite(const at::Tensor& x, const at::Tensor& cosine,
                                  const at::Tensor& sine) {
  check_rotation(x, cosine, sine);
  const int64_t half = x.size(2) / 2;
  const int64_t repeats = x.size(0) / std::max<int64_t>(1, cosine.size(0));
  const at::Tensor c = cosine.repeat({repeats, 1}).unsqueeze(1);
  const at::Tensor s = sine.repeat({repeats, 1}).unsqueeze(1);
  const at::Tensor low = x.narrow(2, 0, half).to(at::kFloat);
  const at::Tensor high = x.narrow(2, half, half).to(at::kFloat);
  return at::cat({low * c - high * s, high * c + low * s}, 2).to(x.scalar_type());
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def("rotate_heads(Tensor x, Tensor cosine, Tensor sine) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CPU, library) { library.impl("rotate_heads", rotate_heads_cpu); }

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("rotate_heads", rotate_heads_composite);
}

at::Tensor rotate_heads(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::rotate_heads", "")
                             .typed<decltype(rotate_heads_cpu)>();
  return op.call(x, cosine, sine);
}

}  // namespace deepstack
