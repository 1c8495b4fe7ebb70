#include "core/camera/line_allowance.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TEST(LineAllowance, LetsThreeLinesAMinuteThrough) {
  LineAllowance allowance;
  int written = 0;
  for (int second = 0; second < 600; ++second) {
    written += allowance.take(int64_t{second} * 1'000'000'000) ? 1 : 0;
  }
  EXPECT_EQ(written, 30);
  EXPECT_EQ(allowance.left_out(), 570);
  EXPECT_EQ(allowance.left_out(), 0);
}

}  // namespace
}  // namespace deepstack
