#include "core/model/deepstack_fusion.h"

#include "deepstack/operators.h"

namespace deepstack {

DeepStackFusion DeepStackFusion::load(const ModelConfig& config, WeightReader& reader,
                                      at::Device device) {
  const int64_t levels = config.levels();
  const int64_t width = config.level_width();
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  DeepStackFusion fusion;
  fusion.eps_ = config.layer_norm_eps;
  if (config.projection_size == 0) {
    fusion.level_norm_weight_ = at::ones({levels, width}, options);
    fusion.level_norm_bias_ = at::zeros({levels, width}, options);
    fusion.gate_weight_ = at::zeros({levels, width}, options);
    fusion.gate_bias_ = at::zeros({levels}, options);
    fusion.norm_weight_ = at::ones({width}, options);
    fusion.norm_bias_ = at::zeros({width}, options);
    return fusion;
  }
  std::vector<at::Tensor> norm_weight, norm_bias;
  for (int64_t l = 0; l < levels; ++l) {
    const std::string prefix = "adapters." + std::to_string(l) + ".";
    fusion.adapter_weight_.push_back(
        reader.take(prefix + "linear.weight", {width, config.hidden_size}).to(device));
    fusion.adapter_bias_.push_back(reader.take(prefix + "linear.bias", {width}).to(device));
    norm_weight.push_back(reader.take(prefix + "norm.weight", {width}));
    norm_bias.push_back(reader.take(prefix + "norm.bias", {width}));
  }
  fusion.level_norm_weight_ = at::stack(norm_weight).to(device);
  fusion.level_norm_bias_ = at::stack(norm_bias).to(device);
  fusion.gate_weight_ = reader.take("gate.weight", {levels, width}).to(device);
  fusion.gate_bias_ = reader.take("gate.bias", {levels}).to(device);
  fusion.norm_weight_ = reader.take("fusion_norm.weight", {width}).to(device);
  fusion.norm_bias_ = reader.take("fusion_norm.bias", {width}).to(device);
  return fusion;
}

FusedLevels DeepStackFusion::forward(const std::vector<at::Tensor>& taps) const {
  const c10::InferenceMode inference;
  const auto levels = static_cast<int64_t>(taps.size());
  const int64_t count = taps.front().size(0);
  const int64_t tokens = taps.front().size(1);
  const int64_t width = norm_weight_.size(0);
  at::Tensor projected = at::empty({levels, count * tokens, width}, taps.front().options());
  for (int64_t l = 0; l < levels; ++l) {
    const at::Tensor tap = taps[l].reshape({count * tokens, -1});
    at::Tensor out = projected.select(0, l);
    if (adapter_weight_.empty()) {
      out.copy_(tap);
    } else {
      at::addmm_out(out, adapter_bias_[l], tap, adapter_weight_[l].t());
    }
  }
  const auto [z, gates, fused] = gated_fusion(projected, level_norm_weight_, level_norm_bias_,
                                              gate_weight_, gate_bias_, norm_weight_, norm_bias_,
                                              eps_);
  return {z.view({levels, count, tokens, width}), gates.view({count, tokens, levels}),
          fused.view({count, tokens, width})};
}

}  // namespace deepstack
