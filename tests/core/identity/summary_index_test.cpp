#include "core/identity/summary_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::Look;

constexpr size_t kLevels = 3;
constexpr size_t kWidth = 32;

std::vector<float> summary_of(const SummaryIndex& index, Look look) {
  return index.summary_of(appearance_of(look, 0).tokens);
}

TEST(SummaryIndex, ASummaryIsTheMeanTokenOfEachLevelAtLengthOne) {
  const SummaryIndex index(test::scripted_shape());
  const Appearance view = appearance_of(5, 0);
  const std::vector<float> summary = index.summary_of(view.tokens);
  ASSERT_EQ(summary.size(), kLevels * kWidth);
  for (size_t level = 0; level < kLevels; ++level) {
    std::vector<double> mean(kWidth, 0.0);
    for (size_t i = 0; i < 8 * kWidth; ++i) mean[i % kWidth] += view.tokens[level * 8 * kWidth + i];
    double length = 0;
    for (const double value : mean) length += value * value;
    for (size_t i = 0; i < kWidth; ++i) {
      EXPECT_NEAR(summary[level * kWidth + i], mean[i] / std::sqrt(length), 1e-5);
    }
  }
}

TEST(SummaryIndex, ATokenOfZerosHasNoDirection) {
  const SummaryIndex index(test::scripted_shape());
  const std::vector<float> zeros(test::scripted_shape().tokens_size(), 0.0F);
  for (const float value : index.summary_of(zeros)) EXPECT_EQ(value, 0);
}

TEST(SummaryIndex, RowsKeepTheirNumbersWhileOthersComeAndGo) {
  SummaryIndex index(test::scripted_shape());
  std::map<size_t, Look> rows;
  for (Look look = 0; look < 500; ++look) {
    const size_t row = index.insert(summary_of(index, look));
    EXPECT_TRUE(rows.emplace(row, look).second) << "nobody else's";
    if (look % 3 == 0) continue;
    index.erase(row);
    rows.erase(row);
  }
  for (const Look look : {0U, 3U, 300U, 498U}) {
    const std::vector<float> cosines = index.cosines(summary_of(index, look));
    for (const auto& [row, owner] : rows) {
      for (size_t level = 0; level < kLevels; ++level) {
        const float cosine = cosines[row * kLevels + level];
        if (owner == look) {
          EXPECT_NEAR(cosine, 1, 2e-3);
        } else {
          EXPECT_LT(cosine, 0.95F);
        }
      }
    }
  }
}

TEST(SummaryIndex, MemoryIsGivenBack) {
  SummaryIndex index(test::scripted_shape());
  EXPECT_EQ(index.bytes(), 0);
  std::vector<size_t> rows;
  for (Look look = 0; look < 200; ++look) rows.push_back(index.insert(summary_of(index, look)));
  const int64_t bytes = index.bytes();
  const auto least = static_cast<int64_t>(200 * kLevels * kWidth * sizeof(uint16_t));
  EXPECT_GE(bytes, least);
  EXPECT_LT(bytes, least * 5 / 4);
  for (const size_t row : rows) index.erase(row);
  EXPECT_EQ(index.bytes(), 0);
}

}  // namespace
}  // namespace deepstack
