#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

constexpr int64_t kMaxLevels = 8;

using Fusion = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

struct Norm {
  const float* weight;
  const float* bias;
  float eps;

  // LayerNorm of x [H] into out, which may be x. Biased variance, as torch. Two passes, the second of
  // which corrects what rounding the mean cost the first (Chan, Golub & LeVeque 1983).
  void apply(const float* x, float* out, int64_t width) const {
    const auto count = static_cast<float>(width);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < width; ++i) sum += x[i];
    const float mean = sum / count;
    float drift = 0;
    float squares = 0;
#pragma omp simd reduction(+ : drift, squares)
    for (int64_t i = 0; i < width; ++i) {
      const float d = x[i] - mean;
      drift += d;
      squares += d * d;
    }
    const float rest = drift / count;
    const float scale = 1 / std::sqrt((squares - drift * rest) / count + eps);
    for (int64_t i = 0; i < width; ++i) out[i] = (x[i] - mean - rest) * scale * weight[i] + bias[i];
  }
};

void check_fusion(const at::Tensor& projected, at::ArrayRef<at::Tensor> per_level,
                  const at::Tensor& gate_bias, at::ArrayRef<at::Tensor> per_channel) {
  TORCH_CHECK(projected.dim() == 3, "gated_fusion: projected must be [L, N, H]");
  const int64_t levels = projected.size(0);
  const int64_t width = projected.size(2);
  TORCH_CHECK(levels >= 1 && levels <= kMaxLevels, "gated_fusion: ", levels, " levels, 1..",
              kMaxLevels, " are possible");
  for (const at::Tensor& x : per_level) {
    TORCH_CHECK(x.sizes() == at::IntArrayRef({levels, width}), "gated_fusion: ", x.sizes(),
                " where [", levels, ", ", width, "] is needed");
  }
  TORCH_CHECK(gate_bias.sizes() == at::IntArrayRef({levels}), "gated_fusion: gate_bias is ",
              gate_bias.sizes());
  for (const at::Tensor& x : per_channel) {
    TORCH_CHECK(x.sizes() == at::IntArrayRef({width}), "gated_fusion: ", x.sizes(), " where [",
                width, "] is needed");
  }
}

// Everything of one call, as plain memory; sizes as in operators.h.
struct FusionMemory {
  const float* projected;
  const float* level_norm_weight;
  const float* level_norm_bias;
  const float* gate_weight;
  const float* gate_bias;
  Norm last;
  float* levels_out;
  float* gates_out;
  float* fused_out;
  int64_t levels;
  int64_t tokens;
  int64_t width;
};

// The formulas of operators.h for one token, so that each value is read and written once.
void fuse_token(const FusionMemory& m, int64_t n) {
  float* g = m.gates_out + n * m.levels;
  std::copy_n(m.gate_bias, m.levels, g);
  for (int64_t l = 0; l < m.levels; ++l) {
    const int64_t at = (l * m.tokens + n) * m.width;
    float* level = m.levels_out + at;
    Norm{m.level_norm_weight + l * m.width, m.level_norm_bias + l * m.width, m.last.eps}.apply(
        m.projected + at, level, m.width);
    // The gate sees the mean over levels; being linear, it can see the levels one by one.
    for (int64_t j = 0; j < m.levels; ++j) {
      const float* row = m.gate_weight + j * m.width;
      float dot = 0;
#pragma omp simd reduction(+ : dot)
      for (int64_t i = 0; i < m.width; ++i) dot += row[i] * level[i];
      g[j] += dot / static_cast<float>(m.levels);
    }
  }
  const float largest = *std::max_element(g, g + m.levels);
  float sum = 0;
  for (int64_t j = 0; j < m.levels; ++j) sum += g[j] = std::exp(g[j] - largest);
  float* out = m.fused_out + n * m.width;
  std::fill_n(out, m.width, 0.0F);
  for (int64_t l = 0; l < m.levels; ++l) {
    g[l] /= sum;
    const float* level = m.levels_out + (l * m.tokens + n) * m.width;
    for (int64_t i = 0; i < m.width; ++i) out[i] += g[l] * level[i];
  }
  m.last.apply(out, out, m.width);
}

Fusion gated_fusion_cpu(const at::Tensor& projected, const at::Tensor& level_norm_weight,
                        const at::Tensor& level_norm_bias, const at::Tensor& gate_weight,
                        const at::Tensor& gate_bias, const at::Tensor& norm_weight,
                        const at::Tensor& norm_bias, double eps) {
  check_fusion(projected, {level_norm_weight, level_norm_bias, gate_weight}, gate_bias,
               {norm_weight, norm_bias});
  const auto floats = [](const at::Tensor& x) { return x.to(at::kFloat).contiguous(); };
  const at::Tensor x = floats(projected);
  const at::Tensor level_weight = floats(level_norm_weight);
  const at::Tensor level_bias = floats(level_norm_bias);
  const at::Tensor gate = floats(gate_weight);
  const at::Tensor gate_offset = floats(gate_bias);
  const at::Tensor last_weight = floats(norm_weight);
  const at::Tensor last_bias = floats(norm_bias);
  at::Tensor z = at::empty_like(x);
  at::Tensor gates = at::empty({x.size(1), x.size(0)}, x.options());
  at::Tensor fused = at::empty({x.size(1), x.size(2)}, x.options());

  const FusionMemory memory{
      x.const_data_ptr<float>(), level_weight.const_data_ptr<float>(),
      level_bias.const_data_ptr<float>(), gate.const_data_ptr<float>(),
      gate_offset.const_data_ptr<float>(),
      {last_weight.const_data_ptr<float>(), last_bias.const_data_ptr<float>(),
       static_cast<float>(eps)},
      z.mutable_data_ptr<float>(), gates.mutable_data_ptr<float>(),
      fused.mutable_data_ptr<float>(), x.size(0), x.size(1), x.size(2)};
  at::parallel_for(0, memory.tokens, /*grain_size=*/64, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) fuse_token(memory, n);
  });
  const auto type = projected.scalar_type();
  return {z.to(type), gates.to(type), fused.to(type)};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def(
      "gated_fusion(Tensor projected, Tensor level_norm_weight, Tensor level_norm_bias, "
      "Tensor gate_weight, Tensor gate_bias, Tensor norm_weight, Tensor norm_bias, float eps) -> "
      "(Tensor levels, Tensor gates, Tensor fused)");
}

TORCH_LIBRARY_IMPL(deepstack, CPU, library) { library.impl("gated_fusion", gated_fusion_cpu); }

Fusion gated_fusion(const at::Tensor& projected, const at::Tensor& level_norm_weight,
                    const at::Tensor& level_norm_bias, const at::Tensor& gate_weight,
                    const at::Tensor& gate_bias, const at::Tensor& norm_weight,
                    const at::Tensor& norm_bias, double eps) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::gated_fusion", "")
                             .typed<decltype(gated_fusion_cpu)>();
  return op.call(projected, level_norm_weight, level_norm_bias, gate_weight, gate_bias, norm_weight,
                 norm_bias, eps);
}

}  // namespace deepstack
