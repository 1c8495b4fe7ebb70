// ByteSearch: whether any of many byte strings is somewhere in a file. One pass over the file for
// all of them. Any thread once what is searched for is complete.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/status.h"

namespace deepstack {

class ByteSearch {
 public:
  static constexpr size_t kShortest_bytes = 16;
  static constexpr size_t kLongest_bytes = 64;

  // Sixteen bytes or more, of which at most 64 are looked at; one that is shorter, or the same byte
  // over and over, would be found everywhere and is left out.
  void add(std::span<const std::byte> wanted);

  size_t size() const { return wanted_.size(); }

  // Where the first one is; -1: none is.
  Result<int64_t> find_in(const std::filesystem::path& file) const;

 private:
  int64_t find(std::span<const std::byte> bytes) const;

  std::vector<std::vector<std::byte>> wanted_;
  std::unordered_multimap<uint32_t, size_t> by_beginning_;
  std::array<uint64_t, 1024> beginnings_{};  // a bit a hash of four bytes
};

}  // namespace deepstack
