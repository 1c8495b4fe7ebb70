// The header of a .safetensors file: which tensors it holds, of which shape, and where. A header
// comes from strangers: it is read in one pass that stops at the first thing that is wrong, and
// costs no more memory than its text and the tensors that it names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace deepstack {

enum class TensorType { kF32, kF16, kBf16, kF64, kI64, kI32, kI16, kI8, kU8, kBool };

// As a header writes it: "F32".
const char* type_name(TensorType type);

struct TensorEntry {
  TensorType type = TensorType::kF32;
  std::vector<int64_t> shape;
  uint64_t begin = 0;  // byte offsets from the start of the file
  uint64_t end = 0;
};

using TensorEntries = std::map<std::string, TensorEntry>;  // by name

struct SafetensorsLimits {
  static constexpr uint64_t kHeaderBytes = 16 << 20;
  // Of these but for the padding at the end: more than kTensors of the longest names and sizes
  // need.
  static constexpr size_t kTextBytes = 9 << 20;
  static constexpr size_t kTensors = 16384;
  static constexpr size_t kRank = 8;
  static constexpr size_t kNameBytes = 256;
  static constexpr size_t kTokenBytes = 64 << 10;  // a string of __metadata__, as it is written
  static constexpr size_t kMetadataKeys = 1024;
  static constexpr size_t kMetadataBytes = 256 << 10;  // of all its keys and values
  static constexpr size_t kSpaceBytes = 256 << 10;     // of all white space but that padding
};

// The tensors that the text of a header names. data_bytes is what the file has after the header; it
// begins at byte data_begin of the file. kCorrupt names the tensor, the value and the limit.
Result<TensorEntries> parse_safetensors_header(std::string_view text, uint64_t data_begin,
                                               uint64_t data_bytes);

}  // namespace deepstack
