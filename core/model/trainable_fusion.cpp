#include "core/model/trainable_fusion.h"

#include <c10/core/GradMode.h>

namespace deepstack {
namespace {

bool is_trained(const std::string& name) { return !name.starts_with("output"); }

at::Tensor to_unit(const at::Tensor& x) {
  return x / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace

TrainableFusion::TrainableFusion(const ModelConfig& config, const DeepStackFusion& fusion)
    : kind_(config.fusion.kind),
      eps_(config.tower.layer_norm_eps),
      rows_(config.crop_rows() / config.tower.merge * config.tower.merge),
      columns_(config.crop_columns() / config.tower.merge * config.tower.merge),
      pool_rows_(config.pool_rows),
      pool_columns_(config.pool_columns) {
  for (const auto& [name, value] : fusion.tensors()) {
    // A model is loaded in inference mode; autograd needs tensors of its own.
    parameters_[name] = value.clone().set_requires_grad(is_trained(name));
  }
}

at::Tensor TrainableFusion::pool(const at::Tensor& tokens) const {
  const int64_t count = tokens.size(0);
  const at::Tensor maps =
      tokens.view({count, rows_, columns_, tokens.size(2)}).permute({0, 3, 1, 2});
  return at::adaptive_avg_pool2d(maps, {pool_rows_, pool_columns_}).flatten(2).transpose(1, 2);
}

FusedViews TrainableFusion::forward(const std::vector<at::Tensor>& taps) const {
  const auto of = [&](const std::string& name) { return parameters_.at(name); };
  const auto norm = [&](const at::Tensor& x, const std::string& name) {
    return at::layer_norm(x, {x.size(-1)}, of(name + ".weight"), of(name + ".bias"), eps_);
  };
  std::vector<at::Tensor> adapted, pooled;
  for (size_t l = 0; l < taps.size(); ++l) {
    const std::string prefix = "adapters." + std::to_string(l) + ".";
    const at::Tensor projected =
        at::linear(taps[l], of(prefix + "linear.weight"), of(prefix + "linear.bias"));
    adapted.push_back(norm(projected, prefix + "norm"));
    pooled.push_back(to_unit(pool(adapted.back())));
  }
  FusedViews views;
  views.levels = at::stack(pooled);
  const auto levels = static_cast<int64_t>(taps.size());
  if (kind_ == FusionKind::kConcat) {
    views.gates = at::full({views.levels.size(1), levels}, 1.0 / static_cast<double>(levels));
    return views;
  }
  const at::Tensor stacked = at::stack(adapted);  // [L, N, P, H]
  const at::Tensor gates =
      at::linear(stacked.mean(0), of("gate.weight"), of("gate.bias")).softmax(-1);  // [N, P, L]
  const at::Tensor weighted = (gates.permute({2, 0, 1}).unsqueeze(-1) * stacked).sum(0);
  views.gates = pool(gates).mean(1);
  views.fused = to_unit(pool(norm(weighted, "fusion_norm")));
  return views;
}

std::vector<at::Tensor> TrainableFusion::trained() const {
  std::vector<at::Tensor> chosen;
  for (const auto& [name, value] : parameters_) {
    if (value.requires_grad()) chosen.push_back(value);
  }
  return chosen;
}

TrainableFusion TrainableFusion::frozen() const {
  TrainableFusion same = *this;
  same.parameters_ = copy();
  return same;
}

TrainableFusion::Named TrainableFusion::copy() const {
  Named values;
  for (const auto& [name, value] : parameters_) values[name] = value.detach().clone();
  return values;
}

void TrainableFusion::restore(const Named& values) {
  const c10::NoGradGuard no_gradient;
  for (auto& [name, value] : parameters_) value.copy_(values.at(name));
}

HostTensors TrainableFusion::tensors() const {
  HostTensors tensors;
  for (const auto& [name, value] : parameters_) {
    const at::Tensor host = value.detach().contiguous();
    tensors[name] =
        make_host_tensor<float>(TensorType::kF32, host.sizes().vec(),
                                {host.const_data_ptr<float>(), static_cast<size_t>(host.numel())});
  }
  return tensors;
}

}  // namespace deepstack
