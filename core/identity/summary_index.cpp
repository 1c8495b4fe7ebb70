#include "core/identity/summary_index.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/identity/half_tokens.h"
#include "core/identity/heap_bytes.h"

namespace deepstack {
namespace {

// Eight sums side by side, which the compiler keeps in vector registers: it must not reorder one.
float dot(const float* a, const float* b, size_t count) {
  float lanes[8] = {};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (; i < count; ++i) sum += a[i] * b[i];
  for (const float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

SummaryIndex::SummaryIndex(const FeatureShape& shape)
    : levels_(static_cast<size_t>(shape.levels)),
      width_(static_cast<size_t>(shape.width)),
      tokens_(static_cast<size_t>(shape.tokens())) {}

std::vector<float> SummaryIndex::summary_of(std::span<const float> tokens) const {
  std::vector<float> summary(levels_ * width_, 0.0F);
  for (size_t level = 0; level < levels_; ++level) {
    float* mean = summary.data() + level * width_;
    const float* token = tokens.data() + level * tokens_ * width_;
    for (size_t i = 0; i < tokens_ * width_; ++i) mean[i % width_] += token[i];
    const float length = std::sqrt(dot(mean, mean, width_));
    if (length > 0) {
      for (size_t i = 0; i < width_; ++i) mean[i] /= length;
    }
  }
  return summary;
}

size_t SummaryIndex::insert(std::span<const float> summary) {
  auto block = std::find_if(blocks_.begin(), blocks_.end(),
                            [](const Block& known) { return known.used != ~uint32_t{0}; });
  if (block == blocks_.end()) {
    // Room for a few more: doubling would take what nobody uses.
    if (blocks_.size() == blocks_.capacity()) blocks_.reserve(blocks_.size() + 16);
    block = blocks_.insert(blocks_.end(), Block{});
  }
  if (block->used == 0) block->rows.resize(kBlockRows * summary.size());
  const auto row = static_cast<size_t>(std::countr_one(block->used));
  block->used |= uint32_t{1} << row;
  const std::vector<uint16_t> half = to_half(summary);
  std::copy(half.begin(), half.end(),
            block->rows.begin() + static_cast<std::ptrdiff_t>(row * half.size()));
  return static_cast<size_t>(block - blocks_.begin()) * kBlockRows + row;
}

void SummaryIndex::erase(size_t row) {
  Block& block = blocks_[row / kBlockRows];
  block.used &= ~(uint32_t{1} << (row % kBlockRows));
  if (block.used == 0) block.rows = {};
  while (!blocks_.empty() && blocks_.back().used == 0) blocks_.pop_back();
  if (blocks_.empty()) blocks_.shrink_to_fit();
}

std::vector<float> SummaryIndex::cosines(std::span<const float> query) const {
  std::vector<float> cosines(blocks_.size() * kBlockRows * levels_);
  std::vector<float> rows(kBlockRows * levels_ * width_);
  float* out = cosines.data();
  for (const Block& block : blocks_) {
    if (block.used != 0) to_float(block.rows, rows.data());
    for (size_t part = 0; part < kBlockRows * levels_; ++part) {
      *out++ = dot(rows.data() + part * width_, query.data() + part % levels_ * width_, width_);
    }
  }
  return cosines;
}

int64_t SummaryIndex::bytes() const {
  int64_t bytes = heap_bytes(blocks_.capacity() * sizeof(Block));
  for (const Block& block : blocks_) bytes += heap_bytes(block.rows.capacity() * sizeof(uint16_t));
  return bytes;
}

}  // namespace deepstack
