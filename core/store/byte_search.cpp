#include "core/store/byte_search.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

namespace deepstack {
namespace {

constexpr size_t kBlock_bytes = 4 << 20;

uint32_t beginning_of(const std::byte* bytes) {
  uint32_t beginning = 0;
  std::memcpy(&beginning, bytes, sizeof beginning);
  return beginning;
}

// Which of 65536 bits stands for it.
uint32_t bit_of(uint32_t beginning) { return (beginning * 2654435761U) >> 16U; }

}  // namespace

void ByteSearch::add(std::span<const std::byte> wanted) {
  const bool all_same = std::all_of(wanted.begin(), wanted.end(),
                                    [&](std::byte byte) { return byte == wanted.front(); });
  if (wanted.size() < kShortest_bytes || all_same) return;
  wanted = wanted.first(std::min(wanted.size(), kLongest_bytes));
  const uint32_t beginning = beginning_of(wanted.data());
  const uint32_t bit = bit_of(beginning);
  beginnings_[bit / 64] |= uint64_t{1} << (bit % 64);
  by_beginning_.emplace(beginning, wanted_.size());
  wanted_.emplace_back(wanted.begin(), wanted.end());
}

int64_t ByteSearch::find(std::span<const std::byte> bytes) const {
  for (size_t i = 0; i + kShortest_bytes <= bytes.size(); ++i) {
    const uint32_t beginning = beginning_of(bytes.data() + i);
    const uint32_t bit = bit_of(beginning);
    if ((beginnings_[bit / 64] >> (bit % 64) & 1U) == 0) continue;
    const auto [first, last] = by_beginning_.equal_range(beginning);
    for (auto entry = first; entry != last; ++entry) {
      const std::vector<std::byte>& wanted = wanted_[entry->second];
      if (wanted.size() <= bytes.size() - i &&
          std::memcmp(wanted.data(), bytes.data() + i, wanted.size()) == 0) {
        return static_cast<int64_t>(i);
      }
    }
  }
  return -1;
}

Result<int64_t> ByteSearch::find_in(const std::filesystem::path& path) const {
  std::ifstream in(path, std::ios::binary);
  const auto failed = [&] {
    return Status(StatusCode::kUnavailable,
                  path.string() + ": cannot be read: " + std::generic_category().message(errno));
  };
  if (!in) return failed();
  // Blocks overlap by as much as could be cut in two.
  std::vector<std::byte> block(kBlock_bytes + kLongest_bytes);
  size_t kept = 0;
  for (int64_t begin = 0;;) {
    in.read(reinterpret_cast<char*>(block.data() + kept),
            static_cast<std::streamsize>(block.size() - kept));
    const size_t bytes = kept + static_cast<size_t>(in.gcount());
    if (in.bad()) return failed();
    const int64_t found = find(std::span(block).first(bytes));
    if (found >= 0) return begin + found;
    if (in.eof()) return -1;
    kept = kLongest_bytes;
    std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(bytes - kept), kept, block.begin());
    begin += static_cast<int64_t>(bytes - kept);
  }
}

}  // namespace deepstack
