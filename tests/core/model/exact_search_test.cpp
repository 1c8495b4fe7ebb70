#include "core/model/exact_search.h"

#include <gtest/gtest.h>

#include <random>

#include "core/identity/half_tokens.h"

namespace deepstack {
namespace {

constexpr int64_t kWidth = 12;

std::vector<float> random_values(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

std::unique_ptr<ExactSearch> over(const std::vector<uint16_t>& rows) {
  Result<std::unique_ptr<ExactSearch>> search = ExactSearch::create(rows, kWidth, "cpu");
  EXPECT_TRUE(search.ok()) << search.status().message();
  return *std::move(search);
}

// More rows than one thread takes, so that parts are merged.
TEST(ExactSearch, FindsTheRowsThatAreTheQueries) {
  constexpr size_t kRows = 100000;
  const std::vector<float> values = random_values(kRows * kWidth, 1);
  const std::vector<uint16_t> rows = to_half(values);
  const std::unique_ptr<ExactSearch> search = over(rows);
  EXPECT_EQ(search->rows(), static_cast<int64_t>(kRows));
  std::vector<float> queries;
  const std::vector<int64_t> wanted{0, 16384, 49999, 99999};
  for (const int64_t row : wanted) {
    float length = 0;
    for (int64_t d = 0; d < kWidth; ++d)
      length += values[static_cast<size_t>(row * kWidth + d)] *
                values[static_cast<size_t>(row * kWidth + d)];
    // Long enough that nothing random fits better.
    for (int64_t d = 0; d < kWidth; ++d) {
      queries.push_back(values[static_cast<size_t>(row * kWidth + d)] / length);
    }
  }
  std::vector<uint16_t> long_rows = rows;
  for (const int64_t row : wanted) {
    std::vector<float> larger;
    for (int64_t d = 0; d < kWidth; ++d) {
      larger.push_back(8 * values[static_cast<size_t>(row * kWidth + d)]);
    }
    const std::vector<uint16_t> half = to_half(larger);
    std::copy(half.begin(), half.end(), long_rows.begin() + row * kWidth);
  }
  const auto found = over(long_rows)->search(queries, {}, 3);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), wanted.size());
  for (size_t q = 0; q < wanted.size(); ++q) {
    ASSERT_EQ((*found)[q].size(), 3u);
    EXPECT_EQ((*found)[q][0].row, wanted[q]);
    EXPECT_NEAR((*found)[q][0].score, 8, 0.02);
    EXPECT_GE((*found)[q][1].score, (*found)[q][2].score);
  }
}

TEST(ExactSearch, EqualRowsOfDifferentSharesComeInTheirOrder) {
  const std::vector<uint16_t> rows = to_half(std::vector<float>(60000 * kWidth, 0.5F));
  const auto found = over(rows)->search(std::vector<float>(kWidth, 1), {}, 5);
  ASSERT_TRUE(found.ok());
  for (int64_t i = 0; i < 5; ++i) EXPECT_EQ((*found)[0][static_cast<size_t>(i)].row, i);
}

TEST(ExactSearch, OnlyRowsThatAreKeptCount) {
  const std::vector<uint16_t> rows = to_half(random_values(50 * kWidth, 2));
  std::vector<uint8_t> kept(50, 0);
  kept[13] = kept[31] = 1;
  const auto found = over(rows)->search(random_values(kWidth, 3), kept, 10);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ((*found)[0].size(), 2u);
  EXPECT_EQ((*found)[0][0].row + (*found)[0][1].row, 44);
}

TEST(ExactSearch, NothingStoredGivesNoAnswers) {
  const auto found = over({})->search(random_values(2 * kWidth, 4), {}, 10);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_TRUE((*found)[0].empty());
}

TEST(ExactSearch, WrongSizesAreErrorsThatNameThem) {
  EXPECT_EQ(ExactSearch::create(std::vector<uint16_t>(13), kWidth, "cpu").status().message(),
            "13 values are not whole rows of 12");
  const std::vector<uint16_t> rows(2 * kWidth);
  const std::unique_ptr<ExactSearch> search = over(rows);
  const std::vector<float> query(kWidth);
  EXPECT_EQ(search->search(query, {}, 0).status().message(),
            "0 answers are asked for, 1..65536 are allowed");
  EXPECT_EQ(search->search(std::vector<float>(5), {}, 1).status().message(),
            "queries have 5 values, which is no multiple of a row's 12");
  EXPECT_EQ(search->search(query, std::vector<uint8_t>(3), 1).status().message(),
            "kept says something of 3 rows, there are 2");
}

TEST(ExactSearch, AQuerysLevelsHaveTheirWeights) {
  const std::vector<float> summary{1, 2, 3, 4};
  const std::vector<float> weights{0.5F, 2};
  EXPECT_EQ(weighted_query(summary, weights), (std::vector<float>{0.5F, 1, 6, 8}));
}

}  // namespace
}  // namespace deepstack
