// Writes .safetensors by the published format (8 bytes of length, JSON, data), good ones and bad
// ones.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace deepstack::test {

// A file of this header and data; the length field is true unless another is given.
inline std::string safetensors_file(const std::string& header, const std::string& data,
                                    uint64_t length) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);  // little endian, as this machine
  return bytes + header + data;
}
inline std::string safetensors_file(const std::string& header, const std::string& data) {
  return safetensors_file(header, data, header.size());
}

// Collects float tensors and writes them side by side.
class SafetensorsWriter {
 public:
  void add(const std::string& name, const std::vector<int64_t>& shape,
           const std::vector<float>& values) {
    std::string sizes;
    for (const int64_t size : shape) sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    const size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    header_ += (header_.empty() ? "{\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" + sizes +
               R"(],"data_offsets":[)" + std::to_string(begin) + "," +
               std::to_string(data_.size()) + "]}";
  }

  std::string bytes() const {
    return safetensors_file(header_.empty() ? "{}" : header_ + "}", data_);
  }

 private:
  std::string header_;
  std::string data_;
};

}  // namespace deepstack::test
