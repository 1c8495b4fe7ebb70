// CUDA half of deepstack::gated_fusion. One warp a token: every level is read once, normalised in
// registers' reach (the row stays in L1), and gates, levels and fused leave in the same pass.
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/library.h>

namespace deepstack {
namespace {

constexpr int kMaxLevels = 8;
constexpr int kWarp = 32;
constexpr int kWarpsPerBlock = 4;

struct FusionArguments {
  const float* level_norm_weight;  // [L, H]
  const float* level_norm_bias;    // [L, H]
  const float* gate_weight;        // [L, H]
  const float* gate_bias;          // [L]
  const float* norm_weight;        // [H]
  const float* norm_bias;          // [H]
  int64_t levels;
  int64_t tokens;
  int64_t width;
  float eps;
};

__device__ float warp_sum(float x) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(~0U, x, offset);
  return x;
}

struct Moments {
  float mean;
  float scale;  // 1 / sqrt(variance + eps)
};

template <typename Value>
__device__ Moments moments(Value value, int64_t width, float eps, int lane) {
  float sum = 0;
  for (int64_t i = lane; i < width; i += kWarp) sum += value(i);
  const float mean = warp_sum(sum) / static_cast<float>(width);
  float squares = 0;
  for (int64_t i = lane; i < width; i += kWarp) {
    const float d = value(i) - mean;
    squares += d * d;
  }
  return {mean, rsqrtf(warp_sum(squares) / static_cast<float>(width) + eps)};
}

// Sums each lane's share of the gate logits, adds the bias, and turns them into weights.
__device__ void softmax_over_warp(float (&gate)[kMaxLevels], const FusionArguments& a) {
  float largest = -INFINITY;
#pragma unroll
  for (int j = 0; j < kMaxLevels; ++j) {
    if (j >= a.levels) break;
    gate[j] = warp_sum(gate[j]) / static_cast<float>(a.levels) + a.gate_bias[j];
    largest = fmaxf(largest, gate[j]);
  }
  float sum = 0;
#pragma unroll
  for (int j = 0; j < kMaxLevels; ++j) {
    if (j < a.levels) sum += gate[j] = expf(gate[j] - largest);
  }
#pragma unroll
  for (int j = 0; j < kMaxLevels; ++j) {
    if (j < a.levels) gate[j] /= sum;
  }
}

template <typename scalar_t>
__global__ void gated_fusion_kernel(FusionArguments a, const scalar_t* __restrict__ projected,
                                    scalar_t* __restrict__ levels_out,
                                    scalar_t* __restrict__ gates_out,
                                    scalar_t* __restrict__ fused_out) {
  const int lane = threadIdx.x;
  const int64_t token = static_cast<int64_t>(blockIdx.x) * kWarpsPerBlock + threadIdx.y;
  if (token >= a.tokens) return;

  float gate[kMaxLevels] = {};
  Moments level_moments[kMaxLevels];
  const auto level_value = [&](int64_t l, int64_t i) {
    const float x = static_cast<float>(projected[(l * a.tokens + token) * a.width + i]);
    const Moments& m = level_moments[l];
    return (x - m.mean) * m.scale * a.level_norm_weight[l * a.width + i] +
           a.level_norm_bias[l * a.width + i];
  };
#pragma unroll
  for (int l = 0; l < kMaxLevels; ++l) {
    if (l >= a.levels) break;
    const scalar_t* row = projected + (l * a.tokens + token) * a.width;
    level_moments[l] = moments([&](int64_t i) { return static_cast<float>(row[i]); }, a.width,
                               a.eps, lane);
    for (int64_t i = lane; i < a.width; i += kWarp) {
      const float z = level_value(l, i);
      levels_out[(l * a.tokens + token) * a.width + i] = static_cast<scalar_t>(z);
#pragma unroll
      for (int j = 0; j < kMaxLevels; ++j) {
        if (j < a.levels) gate[j] += z * a.gate_weight[j * a.width + i];
      }
    }
  }

  softmax_over_warp(gate, a);
#pragma unroll
  for (int j = 0; j < kMaxLevels; ++j) {
    if (j < a.levels && lane == 0) {
      gates_out[token * a.levels + j] = static_cast<scalar_t>(gate[j]);
    }
  }

  const auto mixed = [&](int64_t i) {
    float x = 0;
#pragma unroll
    for (int l = 0; l < kMaxLevels; ++l) {
      if (l < a.levels) x += gate[l] * level_value(l, i);
    }
    return x;
  };
  const Moments m = moments(mixed, a.width, a.eps, lane);
  for (int64_t i = lane; i < a.width; i += kWarp) {
    fused_out[token * a.width + i] =
        static_cast<scalar_t>((mixed(i) - m.mean) * m.scale * a.norm_weight[i] + a.norm_bias[i]);
  }
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> gated_fusion_cuda(
    const at::Tensor& projected, const at::Tensor& level_norm_weight,
    const at::Tensor& level_norm_bias, const at::Tensor& gate_weight, const at::Tensor& gate_bias,
    const at::Tensor& norm_weight, const at::Tensor& norm_bias, double eps) {
  TORCH_CHECK(projected.dim() == 3, "gated_fusion: projected must be [L, N, H]");
  const int64_t levels = projected.size(0);
  const int64_t tokens = projected.size(1);
  const int64_t width = projected.size(2);
  TORCH_CHECK(levels >= 1 && levels <= kMaxLevels, "gated_fusion: ", levels, " levels, 1..",
              kMaxLevels, " are possible");
  const at::cuda::CUDAGuard guard(projected.device());
  const auto parameter = [&](const at::Tensor& x, at::IntArrayRef shape) {
    TORCH_CHECK(x.sizes() == shape, "gated_fusion: ", x.sizes(), " where ", shape, " is needed");
    return x.to(projected.device(), at::kFloat).contiguous();
  };
  const at::Tensor level_weight = parameter(level_norm_weight, {levels, width});
  const at::Tensor level_bias = parameter(level_norm_bias, {levels, width});
  const at::Tensor gate = parameter(gate_weight, {levels, width});
  const at::Tensor gate_offset = parameter(gate_bias, {levels});
  const at::Tensor last_weight = parameter(norm_weight, {width});
  const at::Tensor last_bias = parameter(norm_bias, {width});
  const at::Tensor x = projected.contiguous();
  at::Tensor z = at::empty_like(x);
  at::Tensor gates = at::empty({tokens, levels}, x.options());
  at::Tensor fused = at::empty({tokens, width}, x.options());
  if (tokens == 0) return {z, gates, fused};

  const FusionArguments arguments{level_weight.const_data_ptr<float>(),
                                  level_bias.const_data_ptr<float>(),
                                  gate.const_data_ptr<float>(),
                                  gate_offset.const_data_ptr<float>(),
                                  last_weight.const_data_ptr<float>(),
                                  last_bias.const_data_ptr<float>(),
                                  levels, tokens, width, static_cast<float>(eps)};
  const dim3 block(kWarp, kWarpsPerBlock);
  const auto grid = static_cast<unsigned>((tokens + kWarpsPerBlock - 1) / kWarpsPerBlock);
  AT_DISPATCH_FLOATING_TYPES_AND2(
      at::kHalf, at::kBFloat16, x.scalar_type(), "gated_fusion", [&] {
        gated_fusion_kernel<scalar_t><<<grid, block, 0, at::cuda::getCurrentCUDAStream()>>>(
            arguments, x.const_data_ptr<scalar_t>(), z.mutable_data_ptr<scalar_t>(),
            gates.mutable_data_ptr<scalar_t>(), fused.mutable_data_ptr<scalar_t>());
      });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {z, gates, fused};
}

}  // namespace

TORCH_LIBRARY_IMPL(deepstack, CUDA, library) { library.impl("gated_fusion", gated_fusion_cuda); }

}  // namespace deepstack
