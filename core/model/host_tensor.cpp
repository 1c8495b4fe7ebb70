#include "core/model/host_tensor.h"

#include <cstring>

#include <nlohmann/json.hpp>

namespace deepstack {
namespace {

template <typename T>
std::vector<int64_t> widen(const std::string& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return {values.begin(), values.end()};
}

}  // namespace

Result<HostTensor> read_tensor(const Safetensors& file, const std::string& name) {
  const auto found = file.entries().find(name);
  if (found == file.entries().end()) {
    return not_found(file.path().string() + ": has no tensor " + name);
  }
  const TensorEntry& entry = found->second;
  HostTensor tensor{entry.type, entry.shape, std::string(entry.end - entry.begin, '\0')};
  if (Status status = file.read(entry, tensor.bytes.data()); !status.ok()) return status;
  return tensor;
}

std::string to_safetensors(const HostTensors& tensors) {
  nlohmann::json header = nlohmann::json::object();
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    header[name] = {{"dtype", type_name(tensor.type)},
                    {"shape", tensor.shape},
                    {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data begins at a multiple of 8
  const uint64_t length = text.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  file.reserve(sizeof length + text.size() + offset);
  file += text;
  for (const auto& [name, tensor] : tensors) file += tensor.bytes;
  return file;
}

Result<std::vector<int64_t>> whole_numbers(const HostTensor& tensor) {
  switch (tensor.type) {
    case TensorType::kI64:
      return widen<int64_t>(tensor.bytes);
    case TensorType::kI32:
      return widen<int32_t>(tensor.bytes);
    case TensorType::kI16:
      return widen<int16_t>(tensor.bytes);
    case TensorType::kI8:
      return widen<int8_t>(tensor.bytes);
    case TensorType::kU8:
    case TensorType::kBool:
      return widen<uint8_t>(tensor.bytes);
    default:
      return corrupt("holds no whole numbers");
  }
}

}  // namespace deepstack
