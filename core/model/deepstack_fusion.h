// DeepStackFusion: the taps of the tower -> adapted levels, gates and one fused feature a token.
//
// Per level an adapter (Linear + LayerNorm) into one width H, then the gate (see
// deepstack/operators.h: gated_fusion). A model without adapters gets identity adapters and a zero
// gate: the fusion is then the mean, and trained() says so. Immutable after load(); any thread.
#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "core/model/model_config.h"
#include "core/model/weights.h"

namespace deepstack {

struct FusedLevels {
  at::Tensor levels;  // [L, N, T, H]
  at::Tensor gates;   // [N, T, L]
  at::Tensor fused;   // [N, T, H]
};

class DeepStackFusion {
 public:
  static DeepStackFusion load(const ModelConfig& config, WeightReader& reader, at::Device device);

  // taps: L tensors [N, T, D].
  FusedLevels forward(const std::vector<at::Tensor>& taps) const;

  bool trained() const { return !adapter_weight_.empty(); }

 private:
  double eps_ = 1e-6;
  std::vector<at::Tensor> adapter_weight_;  // L times [H, D]; empty: identity
  std::vector<at::Tensor> adapter_bias_;    // L times [H]
  at::Tensor level_norm_weight_, level_norm_bias_;  // [L, H]
  at::Tensor gate_weight_, gate_bias_;              // [L, H], [L]
  at::Tensor norm_weight_, norm_bias_;              // [H]
};

}  // namespace deepstack
