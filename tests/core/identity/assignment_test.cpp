#include "core/identity/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace deepstack {
namespace {

double sum_of(const std::vector<std::pair<int, int>>& pairs, const std::vector<float>& gain,
              int columns) {
  double sum = 0;
  for (const auto& [row, column] : pairs) sum += gain[static_cast<size_t>(row * columns + column)];
  return sum;
}

// The best sum over every way to give each row a column of its own, or none.
double best_by_trying_all(const std::vector<float>& gain, int rows, int columns) {
  std::vector<int> order(static_cast<size_t>(std::max(rows, columns)));
  std::iota(order.begin(), order.end(), 0);
  double best = 0;
  do {
    double sum = 0;
    for (int row = 0; row < rows; ++row) {
      const int column = order[static_cast<size_t>(row)];
      if (column < columns) {
        sum += std::max(0.0F, gain[static_cast<size_t>(row * columns + column)]);
      }
    }
    best = std::max(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

TEST(Assignment, IsAsGoodAsTryingEveryPairing) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> value(-0.5F, 1);
  for (int round = 0; round < 400; ++round) {
    const int rows = 1 + static_cast<int>(random() % 6);
    const int columns = 1 + static_cast<int>(random() % 6);
    std::vector<float> gain(static_cast<size_t>(rows * columns));
    for (float& cell : gain) cell = value(random);
    const auto pairs = assign(gain, rows, columns);
    std::set<int> used_rows, used_columns;
    for (const auto& [row, column] : pairs) {
      ASSERT_TRUE(row >= 0 && row < rows && column >= 0 && column < columns);
      EXPECT_GT(gain[static_cast<size_t>(row * columns + column)], 0);
      EXPECT_TRUE(used_rows.insert(row).second);
      EXPECT_TRUE(used_columns.insert(column).second);
    }
    EXPECT_NEAR(sum_of(pairs, gain, columns), best_by_trying_all(gain, rows, columns), 1e-5);
  }
}

TEST(Assignment, TheBestSumMayNotHoldTheBestPair) {
  EXPECT_EQ(assign({0.9F, 0.8F, 0.8F, 0.1F}, 2, 2),
            (std::vector<std::pair<int, int>>{{0, 1}, {1, 0}}));
}

TEST(Assignment, PairsWithoutGainAreNeverMade) {
  EXPECT_TRUE(assign({-1, -0.5F, 0, -0.1F}, 2, 2).empty());
  EXPECT_TRUE(assign({0, 0, 0}, 3, 1).empty());
  EXPECT_EQ(assign({-1, 0.5F, 0, -1}, 2, 2), (std::vector<std::pair<int, int>>{{0, 1}}));
}

TEST(Assignment, NothingIsPairedWithNothing) {
  EXPECT_TRUE(assign({}, 0, 0).empty());
  EXPECT_TRUE(assign({}, 0, 5).empty());
  EXPECT_TRUE(assign({}, 5, 0).empty());
}

TEST(Assignment, ALargeProblemIsSolved) {
  constexpr int kSize = 120;
  std::vector<float> gain(kSize * kSize, 0.1F);
  for (int row = 0; row < kSize; ++row) {
    gain[static_cast<size_t>(row * kSize + (row * 7) % kSize)] = 0.9F;
  }
  const auto pairs = assign(gain, kSize, kSize);
  ASSERT_EQ(pairs.size(), size_t{kSize});
  for (const auto& [row, column] : pairs) EXPECT_EQ(column, (row * 7) % kSize);
}

}  // namespace
}  // namespace deepstack
