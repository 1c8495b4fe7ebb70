// DeepStackFusion: the taps of the tower -> adapted levels, gates and one fused feature a token.
//
// Per level an adapter (Linear + LayerNorm) into one width H. Gated: the mean over the levels
// decides a weight of each level for every token (deepstack/operators.h: gated_fusion). Concat: the
// levels side by side, normalised, all with the same weight. Either may be followed by a Linear to
// another width. A model without adapters gets identity linears and a zero gate: the fusion is then
// the mean of the normalised taps, and trained() says so. Immutable after load(); any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/linear.h"
#include "core/model/model_config.h"
#include "core/model/weights.h"

namespace deepstack {

struct FusedLevels {
  at::Tensor levels;  // [L, N, H]
  at::Tensor gates;   // [N, L]
  at::Tensor fused;   // [N, H]; concat: [N, L H]; with a last Linear: [N, output_size]; undefined
                      // when levels are missing
};

class DeepStackFusion {
 public:
  // Reads adapters and gate where the config says there are some; type: of the tower.
  static DeepStackFusion load(const ModelConfig& config, WeightReader& reader, at::Device device,
                              at::ScalarType type);

  // taps: L tensors [N, D], or the first few of them: the levels are then the same as with all,
  // the gate decides between those that are there, and nothing is fused. REQUIRES: 1..L taps.
  FusedLevels forward(const std::vector<at::Tensor>& taps) const;

  // The same fusion as float tensors under the names of a model file (docs/model-format.md); of an
  // untrained one the identity adapters and the zero gate that it stands for.
  std::map<std::string, at::Tensor> tensors() const;

  bool trained() const { return !adapters_.empty(); }

 private:
  void read(const ModelConfig& config, WeightReader& reader, at::Device device,
            at::ScalarType type);
  FusedLevels concat(const at::Tensor& projected) const;
  FusedLevels gated(const at::Tensor& projected) const;

  FusionKind kind_ = FusionKind::kGated;
  double eps_ = 1e-6;
  std::vector<Linear> adapters_;  // by level; empty: identity
  // Norms and gate are computed in float.
  at::Tensor level_norm_weight_, level_norm_bias_;  // [L, H]
  at::Tensor gate_weight_, gate_bias_;              // [L, H], [L]; gated
  at::Tensor norm_weight_, norm_bias_;              // [H]; concat: [L H]
  Linear output_;
};

}  // namespace deepstack
