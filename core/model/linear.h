// Linear: x W^T + b, with what follows it in a transformer block in the same pass where the library
// can.
//
// On the CPU oneDNN is called instead of at::linear, which takes MKL: on AMD processors MKL leaves
// out AVX-512 (measured on Zen 4: 1.35 times slower), and oneDNN applies GELU and the residual
// while the tile is hot. Immutable; any thread.
#pragma once

#include <ATen/ATen.h>

namespace deepstack {

enum class Gelu { kTanh, kErf };

struct Linear {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]

  at::Tensor forward(const at::Tensor& x) const;                  // [N, in] -> [N, out]
  at::Tensor forward_gelu(const at::Tensor& x, Gelu gelu) const;  // GELU of it
  // residual [N, out] + it; residual itself is left as it is.
  at::Tensor forward_add(const at::Tensor& x, const at::Tensor& residual) const;
};

}  // namespace deepstack
