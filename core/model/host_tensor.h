// HostTensor: a tensor as plain memory, and the safetensors file that a set of them makes. What the
// program reads and writes, without LibTorch in sight.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/model/safetensors.h"
#include "core/status.h"

namespace deepstack {

struct HostTensor {
  TensorType type = TensorType::kF32;
  std::vector<int64_t> shape;
  std::string bytes;  // little endian, row-major
};

// A tensor with a copy of these values. REQUIRES: type is T's, shape has values.size() elements.
template <typename T>
HostTensor make_host_tensor(TensorType type, std::vector<int64_t> shape,
                            std::span<const T> values) {
  return {type, std::move(shape),
          std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes())};
}

using HostTensors = std::map<std::string, HostTensor>;

// The named tensor of an open file; kNotFound or kCorrupt name the file and the tensor.
Result<HostTensor> read_tensor(const Safetensors& file, const std::string& name);

// A whole .safetensors file of these tensors, in the order of their names.
std::string to_safetensors(const HostTensors& tensors);

// tensor's numbers as whole ones; kCorrupt when its type is no integer.
Result<std::vector<int64_t>> whole_numbers(const HostTensor& tensor);

}  // namespace deepstack
