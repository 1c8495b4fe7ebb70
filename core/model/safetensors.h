// Safetensors: a bounded reader of one .safetensors file. Weights come from strangers: nothing in the
// header is believed before it is checked, and nothing is allocated that the file cannot fill.
//
//   8 bytes   N, little endian           header length, at most kMaxHeaderBytes
//   N bytes   JSON                       {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ...}
//   the rest  raw little-endian data     tensors side by side: no overlap, no hole, no rest
//
// The file is read, never mapped: replacing it while the model runs cannot touch the weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/status.h"

namespace deepstack {

enum class TensorType { kF32, kF16, kBf16, kF64, kI64, kI32, kI16, kI8, kU8, kBool };

struct TensorEntry {
  TensorType type = TensorType::kF32;
  std::vector<int64_t> shape;
  uint64_t begin = 0;  // byte offsets from the start of the file
  uint64_t end = 0;
};

class Safetensors {
 public:
  static constexpr uint64_t kMaxHeaderBytes = 16 << 20;
  static constexpr size_t kMaxTensors = 16384;
  static constexpr size_t kMaxRank = 8;
  static constexpr size_t kMaxNameBytes = 256;

  // Reads and checks the header; kNotFound, or kCorrupt with the file, the reason and the numbers.
  static Result<Safetensors> open(const std::filesystem::path& path);

  const std::map<std::string, TensorEntry>& entries() const { return entries_; }
  const std::filesystem::path& path() const { return path_; }

  // Reads the bytes of one tensor into data. REQUIRES: entry is one of entries(); data has
  // entry.end - entry.begin bytes. kCorrupt when the file has become shorter.
  Status read(const TensorEntry& entry, void* data) const;

 private:
  std::filesystem::path path_;
  std::map<std::string, TensorEntry> entries_;
};

}  // namespace deepstack
