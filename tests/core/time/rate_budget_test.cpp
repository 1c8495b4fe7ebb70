#include "core/time/rate_budget.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(RateBudget, LetsSoManyPassInAnyWindowAndTellsHowManyDidNot) {
  RateBudget budget(3, 60 * kSecond);
  EXPECT_EQ(budget.take(0), 0U);
  EXPECT_EQ(budget.take(1 * kSecond), 0U);
  EXPECT_EQ(budget.take(2 * kSecond), 0U);
  EXPECT_EQ(budget.take(3 * kSecond), std::nullopt);
  EXPECT_EQ(budget.take(59 * kSecond), std::nullopt);
  // The first has left the window, the second and third have not.
  EXPECT_EQ(budget.take(60 * kSecond), 2U);
  EXPECT_EQ(budget.take(60 * kSecond), std::nullopt);
  EXPECT_EQ(budget.take(61 * kSecond), 1U);
}

TEST(RateBudget, ForgetsWhatWasToldOnce) {
  RateBudget budget(1, kSecond);
  budget.take(0);
  budget.take(1);
  EXPECT_EQ(budget.take(kSecond), 1U);
  EXPECT_EQ(budget.take(2 * kSecond), 0U);
}

}  // namespace
}  // namespace deepstack
