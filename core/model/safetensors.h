// Safetensors: a bounded reader of one .safetensors file. Weights come from strangers: nothing in
// the header is believed before it is checked, and nothing is allocated that the file cannot fill.
//
//   8 bytes   N, little endian           header length, at most SafetensorsLimits::kHeaderBytes
//   N bytes   JSON                       {"name": {"dtype", "shape", "data_offsets": [begin, end]},
//   ...} the rest  raw little-endian data     tensors side by side: no overlap, no hole, no rest
//
// The file is read, never mapped: replacing it while the model runs cannot touch the weights. It
// stays open as long as the reader lives, so that all tensors are of one version of it
// (regular_file.h).
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/model/safetensors_header.h"
#include "core/regular_file.h"
#include "core/sha256.h"
#include "core/status.h"

namespace deepstack {

class Safetensors {
 public:
  // Reads and checks the header; kNotFound, or kCorrupt with the file, the reason and the numbers.
  static Result<Safetensors> open(const std::filesystem::path& path);

  const TensorEntries& entries() const { return entries_; }
  const std::filesystem::path& path() const { return path_; }
  uint64_t header_bytes() const { return header_bytes_; }
  uint64_t file_bytes() const { return file_.size(); }

  // Reads the bytes of one tensor into data; any thread. REQUIRES: entry is one of entries(); data
  // has entry.end - entry.begin bytes. kCorrupt when the file is no longer what was opened.
  Status read(const TensorEntry& entry, void* data) const;

  // All bytes of the file, header and data, into a digest.
  Status add_to(Sha256& digest) const;

 private:
  std::filesystem::path path_;
  RegularFile file_;
  uint64_t header_bytes_ = 0;
  TensorEntries entries_;
};

}  // namespace deepstack
