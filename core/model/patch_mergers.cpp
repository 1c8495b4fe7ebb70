#include "core/model/patch_mergers.h"

namespace deepstack {

PatchMergers PatchMergers::load(const ModelConfig& config, WeightReader& reader, at::Device device,
                                at::ScalarType type) {
  PatchMergers mergers;
  if (config.merger.output_size == 0) return mergers;
  mergers.width_ = config.tower.hidden_size;
  mergers.block_ = int64_t{config.tower.merge} * config.tower.merge;
  mergers.eps_ = config.tower.layer_norm_eps;
  const int64_t wide = mergers.block_ * mergers.width_;
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    return reader.take(name, shape, at::TensorOptions().dtype(type).device(device));
  };
  const auto merger = [&](const std::string& name, int64_t norm_width) {
    return Merger{
        take(name + ".norm.weight", {norm_width}),
        take(name + ".norm.bias", {norm_width}),
        {take(name + ".linear_fc1.weight", {wide, wide}), take(name + ".linear_fc1.bias", {wide})},
        {take(name + ".linear_fc2.weight", {config.merger.output_size, wide}),
         take(name + ".linear_fc2.bias", {config.merger.output_size})}};
  };
  mergers.main_ = merger("merger", mergers.width_);
  for (const int place : config.merger.deepstack) {
    mergers.deepstack_.push_back(merger("deepstack_merger_list." + std::to_string(place), wide));
  }
  return mergers;
}

at::Tensor PatchMergers::finish(const Merger& merger, const at::Tensor& blocks) const {
  return merger.fc2.forward(merger.fc1.forward_gelu(blocks, Gelu::kErf));
}

at::Tensor PatchMergers::merge(const at::Tensor& last) const {
  const at::Tensor normal =
      at::layer_norm(last, {width_}, main_.norm_weight, main_.norm_bias, eps_);
  return finish(main_, normal.view({-1, block_ * width_}));
}

at::Tensor PatchMergers::merge_tap(size_t level, const at::Tensor& tap) const {
  const Merger& merger = deepstack_[level];
  return finish(merger, at::layer_norm(tap.reshape({-1, block_ * width_}), {block_ * width_},
                                       merger.norm_weight, merger.norm_bias, eps_));
}

}  // namespace deepstack
