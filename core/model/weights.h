// WeightReader: takes the tensors of a model out of its file by name and shape, as float32. The first
// thing that is wrong is remembered, so that a tower can be read in one go and asked once.
#pragma once

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/safetensors.h"

namespace deepstack {

class WeightReader {
 public:
  explicit WeightReader(const Safetensors& file) : file_(file) {}

  // The tensor name with exactly this shape; zeros of that shape when it cannot be had, and then
  // status() says why.
  at::Tensor take(const std::string& name, const std::vector<int64_t>& shape);

  bool has(const std::string& name) const { return file_.entries().contains(name); }
  const Status& status() const { return status_; }

 private:
  at::Tensor fail(Status status, const std::vector<int64_t>& shape);

  const Safetensors& file_;
  Status status_;
};

}  // namespace deepstack
