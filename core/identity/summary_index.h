// SummaryIndex: one row a prototype - the mean token of each of its levels at length 1, as halves -
// in blocks of contiguous memory, so that a gallery of thousands is scanned in milliseconds before
// any attention is computed. Rows keep their number until they are erased; a block without rows is
// given back. Owned by one Gallery; reading is thread-safe while nobody writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/identity/feature.h"

namespace deepstack {

class SummaryIndex {
 public:
  explicit SummaryIndex(const FeatureShape& shape);

  // The mean token of each level of an appearance's tokens at length 1, [levels, width].
  std::vector<float> summary_of(std::span<const float> tokens) const;

  // Keeps a row; its number may be that of one that was erased.
  size_t insert(std::span<const float> summary);
  void erase(size_t row);

  // Cosine of every row with the query on each level, [rows, levels]; what stands at the number of
  // an erased row means nothing.
  std::vector<float> cosines(std::span<const float> query) const;

  int64_t bytes() const;

 private:
  static constexpr size_t kBlockRows = 32;

  struct Block {
    std::vector<uint16_t> rows;  // [kBlockRows, levels, width]; empty when none is used
    uint32_t used = 0;           // a bit a row
  };

  size_t levels_;
  size_t width_;
  size_t tokens_;
  std::vector<Block> blocks_;
};

}  // namespace deepstack
