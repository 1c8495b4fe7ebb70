// PatchMergers: Qwen3-VL's way from the tower's tokens to the language model's width: blocks of
// merge x merge tokens become one. The main merger normalises each token first, DeepStack's mergers
// the block
// ("post-shuffle norm"); both have the exact erf GELU, whatever the tower's blocks have.
// Immutable after load(); any thread.
#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "core/model/linear.h"
#include "core/model/model_config.h"
#include "core/model/weights.h"

namespace deepstack {

class PatchMergers {
 public:
  static PatchMergers load(const ModelConfig& config, WeightReader& reader, at::Device device,
                           at::ScalarType type);

  bool present() const { return main_.fc1.weight.defined(); }
  size_t levels() const { return deepstack_.size(); }

  // last [N, D], tokens in blocks -> [N / merge^2, O]. REQUIRES: present().
  at::Tensor merge(const at::Tensor& last) const;
  // The tap of a level -> [N / merge^2, O]. REQUIRES: level < levels().
  at::Tensor merge_tap(size_t level, const at::Tensor& tap) const;

 private:
  struct Merger {
    at::Tensor norm_weight, norm_bias;
    Linear fc1, fc2;
  };

  at::Tensor finish(const Merger& merger, const at::Tensor& blocks) const;

  int64_t width_ = 0;  // of a token
  int64_t block_ = 1;  // tokens in a block
  double eps_ = 1e-6;
  Merger main_;
  std::vector<Merger> deepstack_;  // by level
};

}  // namespace deepstack
