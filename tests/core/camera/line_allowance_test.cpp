#include "core/camera/line_allowance.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TEST(LineAllowance, LetsThreeLinesThroughInAnyMinute) {
  LineAllowance allowance;
  int written = 0;
  for (int second = 0; second < 600; ++second) {
    written += allowance.take(int64_t{second} * 1'000'000'000) ? 1 : 0;
  }
  EXPECT_EQ(written, 30);
  EXPECT_EQ(allowance.left_out(), 570);
  EXPECT_EQ(allowance.left_out(), 0);
}

TEST(LineAllowance, KnowsNoBordersBetweenMinutes) {
  constexpr int64_t kSecond = 1'000'000'000;
  LineAllowance allowance;
  for (const int64_t second : {0, 50, 55}) EXPECT_TRUE(allowance.take(second * kSecond));
  EXPECT_TRUE(allowance.take(61 * kSecond));
  EXPECT_FALSE(allowance.take(62 * kSecond)) << "the third in 60 s was at 50";
}

}  // namespace
}  // namespace deepstack
