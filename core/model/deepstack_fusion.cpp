#include "core/model/deepstack_fusion.h"

#include "deepstack/operators.h"

namespace deepstack {

DeepStackFusion DeepStackFusion::load(const ModelConfig& config, WeightReader& reader,
                                      at::Device device, at::ScalarType type) {
  const int64_t levels = config.levels();
  const int64_t width = config.level_width();
  const bool gated = config.fusion.kind == FusionKind::kGated;
  DeepStackFusion fusion;
  fusion.kind_ = config.fusion.kind;
  fusion.eps_ = config.tower.layer_norm_eps;
  if (config.fusion.projection_size > 0) {
    fusion.read(config, reader, device, type);
    return fusion;
  }
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  const int64_t fused_width = gated ? width : levels * width;
  fusion.level_norm_weight_ = at::ones({levels, width}, options);
  fusion.level_norm_bias_ = at::zeros({levels, width}, options);
  fusion.gate_weight_ = at::zeros({levels, width}, options);
  fusion.gate_bias_ = at::zeros({levels}, options);
  fusion.norm_weight_ = at::ones({fused_width}, options);
  fusion.norm_bias_ = at::zeros({fused_width}, options);
  return fusion;
}

void DeepStackFusion::read(const ModelConfig& config, WeightReader& reader, at::Device device,
                           at::ScalarType type) {
  const int64_t levels = config.levels();
  const int64_t width = config.level_width();
  const bool gated = kind_ == FusionKind::kGated;
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    return reader.take(name, shape, options);
  };
  const auto linear = [&](const std::string& name, int64_t out, int64_t in) {
    return Linear{reader.take(name + ".weight", {out, in}, options.dtype(type)),
                  reader.take(name + ".bias", {out}, options.dtype(type))};
  };
  std::vector<at::Tensor> norm_weight, norm_bias;
  for (int64_t l = 0; l < levels; ++l) {
    const std::string prefix = "adapters." + std::to_string(l) + ".";
    adapters_.push_back(linear(prefix + "linear", width, config.tower.hidden_size));
    norm_weight.push_back(take(prefix + "norm.weight", {width}));
    norm_bias.push_back(take(prefix + "norm.bias", {width}));
  }
  level_norm_weight_ = at::stack(norm_weight);
  level_norm_bias_ = at::stack(norm_bias);
  if (gated) {
    gate_weight_ = take("gate.weight", {levels, width});
    gate_bias_ = take("gate.bias", {levels});
  }
  const int64_t fused_width = gated ? width : levels * width;
  norm_weight_ = take("fusion_norm.weight", {fused_width});
  norm_bias_ = take("fusion_norm.bias", {fused_width});
  if (const int64_t size = config.fusion.output_size; size > 0) {
    output_ = linear("output", size, fused_width);
  }
}

std::map<std::string, at::Tensor> DeepStackFusion::tensors() const {
  std::map<std::string, at::Tensor> named;
  const auto add = [&](const std::string& name, const at::Tensor& weight, const at::Tensor& bias) {
    named[name + ".weight"] = weight.to(at::kCPU, at::kFloat);
    named[name + ".bias"] = bias.to(at::kCPU, at::kFloat);
  };
  const int64_t levels = level_norm_weight_.size(0);
  const int64_t width = level_norm_weight_.size(1);
  for (int64_t l = 0; l < levels; ++l) {
    const std::string prefix = "adapters." + std::to_string(l) + ".";
    const Linear identity{at::eye(width), at::zeros({width})};
    const Linear& linear = trained() ? adapters_[static_cast<size_t>(l)] : identity;
    add(prefix + "linear", linear.weight, linear.bias);
    add(prefix + "norm", level_norm_weight_[l], level_norm_bias_[l]);
  }
  if (kind_ == FusionKind::kGated) add("gate", gate_weight_, gate_bias_);
  add("fusion_norm", norm_weight_, norm_bias_);
  if (output_.weight.defined()) add("output", output_.weight, output_.bias);
  return named;
}

FusedLevels DeepStackFusion::concat(const at::Tensor& projected) const {
  const int64_t levels = projected.size(0);
  const int64_t count = projected.size(1);
  const int64_t width = projected.size(2);
  const at::Tensor x = projected.to(at::kFloat);
  const at::Tensor z = at::layer_norm(x, {width}, {}, {}, eps_) *
                           level_norm_weight_.narrow(0, 0, levels).unsqueeze(1) +
                       level_norm_bias_.narrow(0, 0, levels).unsqueeze(1);
  const auto type = projected.scalar_type();
  const at::Tensor gates =
      at::full({count, levels}, 1.0 / static_cast<double>(levels), x.options());
  if (levels < level_norm_weight_.size(0)) return {z.to(type), gates.to(type), {}};
  const at::Tensor side_by_side = z.transpose(0, 1).reshape({count, levels * width});
  const at::Tensor fused =
      at::layer_norm(side_by_side, {levels * width}, norm_weight_, norm_bias_, eps_);
  return {z.to(type), gates.to(type), fused.to(type)};
}

FusedLevels DeepStackFusion::gated(const at::Tensor& projected) const {
  const int64_t levels = projected.size(0);
  const auto first = [&](const at::Tensor& by_level) { return by_level.narrow(0, 0, levels); };
  FusedLevels result;
  std::tie(result.levels, result.gates, result.fused) = gated_fusion(
      projected, first(level_norm_weight_), first(level_norm_bias_), first(gate_weight_),
      first(gate_bias_), norm_weight_, norm_bias_, eps_);
  if (levels < level_norm_weight_.size(0)) result.fused.reset();
  return result;
}

FusedLevels DeepStackFusion::forward(const std::vector<at::Tensor>& taps) const {
  const c10::InferenceMode inference;
  std::vector<at::Tensor> adapted;
  if (trained()) {
    for (size_t l = 0; l < taps.size(); ++l) adapted.push_back(adapters_[l].forward(taps[l]));
  }
  const at::Tensor projected = at::stack(trained() ? adapted : taps);
  FusedLevels result = kind_ == FusionKind::kConcat ? concat(projected) : gated(projected);
  if (output_.weight.defined() && result.fused.defined()) {
    result.fused = output_.forward(result.fused);
  }
  return result;
}

}  // namespace deepstack
