// TrainableFusion: DeepStackFusion as autograd can follow it, from un-pooled taps to what the
// Matcher compares: pooled tokens of length 1, and the gate's share of each level. The same
// formulas in plain tensor operations on the CPU, in float; the parameters are its own copies. One
// thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/deepstack_fusion.h"
#include "core/model/host_tensor.h"
#include "core/model/model_config.h"

namespace deepstack {

struct FusedViews {
  at::Tensor levels;  // [L, N, T, H], each token of length 1
  at::Tensor gates;   // [N, L], mean over the tokens
  at::Tensor fused;   // [N, T, H] of length 1; undefined with concat, whose width is another
};

class TrainableFusion {
 public:
  using Named = std::map<std::string, at::Tensor>;

  TrainableFusion(const ModelConfig& config, const DeepStackFusion& fusion);

  // taps: a level [N, rows * columns, D] in raster order over the crop.
  FusedViews forward(const std::vector<at::Tensor>& taps) const;

  // All of them, by their names in a model file; those of `output`, which no match looks at, stay
  // without gradient.
  const Named& parameters() const { return parameters_; }
  std::vector<at::Tensor> trained() const;

  // The same with the values it has now, without gradients.
  TrainableFusion frozen() const;

  Named copy() const;                 // the values now
  void restore(const Named& values);  // REQUIRES: a copy() of this
  HostTensors tensors() const;

 private:
  at::Tensor pool(const at::Tensor& tokens) const;

  FusionKind kind_;
  double eps_;
  int64_t rows_, columns_, pool_rows_, pool_columns_;
  Named parameters_;
};

}  // namespace deepstack
