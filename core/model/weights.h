// WeightReader: takes the tensors of a model by name and shape: out of its files, or drawn from a
// seed where only a config is at hand (benchmarks, tests). The first thing that is wrong is
// remembered, so that a tower can be read in one go and asked once. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/weight_files.h"

namespace deepstack {

// LibTorch's name of a stored floating point type; nothing for the others.
std::optional<at::ScalarType> float_type(TensorType type);

class WeightReader {
 public:
  // prefix stands before every name in the files. REQUIRES: files outlives this.
  explicit WeightReader(const WeightFiles& files, std::string prefix = "")
      : files_(&files), prefix_(std::move(prefix)) {}

  // Random weights that keep activations near 1 at any depth: matrices N(0, 1 / inputs), norms
  // around 1, biases around 0. A tensor depends on seed, name and shape alone.
  static WeightReader random(uint64_t seed) { return WeightReader(seed); }

  // The tensor name with exactly this shape, in the type and on the device of options. Zeros of that
  // shape that take no memory when it cannot be had, and then status() says why; from then on nothing
  // is read any more.
  at::Tensor take(const std::string& name, const std::vector<int64_t>& shape,
                  const at::TensorOptions& options = at::TensorOptions().dtype(at::kFloat));

  const Status& status() const { return status_; }

 private:
  explicit WeightReader(uint64_t seed) : seed_(seed) {}

  at::Tensor draw(const std::string& name, const std::vector<int64_t>& shape) const;
  Result<at::Tensor> read(const std::string& name, const std::vector<int64_t>& shape) const;

  const WeightFiles* files_ = nullptr;  // null: random
  std::string prefix_;
  uint64_t seed_ = 0;
  Status status_;
};

}  // namespace deepstack
