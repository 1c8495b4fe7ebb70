#include "core/model/mrope.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace deepstack {
namespace {

constexpr double kTheta = 5e6;  // Qwen3-VL, 128 channels a head
constexpr std::array<int, 3> kSection{24, 20, 20};

MropeFrequencies frequencies(int pairs, double theta, std::optional<YarnScaling> yarn = {}) {
  const Result<MropeFrequencies> rope = mrope_frequencies(pairs, theta, yarn);
  EXPECT_TRUE(rope.ok()) << rope.status().message();
  return rope.ok() ? *rope : MropeFrequencies{};
}

TEST(MropeFrequencies, FallFromOneByTheirFormula) {
  for (const int pairs : {1, 2, 8, 32, 64, 36}) {
    const MropeFrequencies rope = frequencies(pairs, kTheta);
    ASSERT_EQ(rope.frequency.size(), static_cast<size_t>(pairs));
    EXPECT_EQ(rope.magnitude, 1);
    for (int i = 0; i < pairs; ++i) {
      const long double expected =
          std::pow(static_cast<long double>(kTheta), -static_cast<long double>(i) / pairs);
      EXPECT_NEAR(rope.frequency[static_cast<size_t>(i)] / static_cast<double>(expected), 1, 1e-14);
    }
  }
}

TEST(MropeFrequencies, TheAxesTakeTurnsAndTimeTakesTheRest) {
  std::array<int, 3> count{};
  for (int i = 0; i < 64; ++i) {
    const int axis = mrope_axis(i, kSection);
    EXPECT_EQ(axis, i < 60 ? i % 3 : 0) << i;
    ++count[static_cast<size_t>(axis)];
  }
  EXPECT_EQ(count, kSection);
  std::string axes;
  for (int i = 0; i < 8; ++i) axes += "TRC"[mrope_axis(i, {4, 2, 2})];
  EXPECT_EQ(axes, "TRCTRCTT");
}

TEST(MropeFrequencies, YarnLeavesTheFastAndDividesTheSlow) {
  const MropeFrequencies plain = frequencies(64, kTheta);
  for (const double factor : {2.0, 3.0}) {
    const MropeFrequencies scaled = frequencies(64, kTheta, YarnScaling{factor, 262'144});
    for (int i = 0; i < 64; ++i) {
      // 29 = floor(64 ln(262144 / (2 pi 32)) / ln 5e6), 45 = ceil(64 ln(262144 / (2 pi)) / ln 5e6).
      const double ramp = i <= 29 ? 0 : i >= 45 ? 1 : (i - 29) / 16.0;
      const double g = plain.frequency[static_cast<size_t>(i)];
      EXPECT_NEAR(scaled.frequency[static_cast<size_t>(i)] / (g * (1 - ramp) + g / factor * ramp),
                  1, 1e-14)
          << i;
    }
  }
  EXPECT_NEAR(frequencies(64, kTheta, YarnScaling{2, 262'144}).magnitude, 1.06931, 5e-6);
  EXPECT_NEAR(frequencies(64, kTheta, YarnScaling{3, 262'144}).magnitude, 1.10986, 5e-6);
}

TEST(MropeFrequencies, YarnOfFactorOneOrOfAContextOfOneIsFinite) {
  const MropeFrequencies same = frequencies(64, kTheta, YarnScaling{1, 262'144});
  EXPECT_EQ(same.magnitude, 1);
  EXPECT_EQ(same.frequency, frequencies(64, kTheta).frequency);
  for (const int64_t positions : {int64_t{1}, int64_t{7}, INT64_MAX}) {
    for (const double frequency : frequencies(64, kTheta, YarnScaling{3, positions}).frequency) {
      EXPECT_TRUE(std::isfinite(frequency) && frequency > 0) << positions;
    }
  }
}

TEST(MropeFrequencies, WrongInputsAreRefusedInOneLine) {
  for (const int pairs : {0, -1, 32769, std::numeric_limits<int>::max()}) {
    EXPECT_EQ(mrope_frequencies(pairs, kTheta).status().code(), StatusCode::kInvalid) << pairs;
  }
  const double none[] = {0, -1, std::nan(""), std::numeric_limits<double>::infinity()};
  for (const double theta : none) EXPECT_FALSE(mrope_frequencies(64, theta).ok()) << theta;
  EXPECT_TRUE(mrope_frequencies(64, 1).ok());
  EXPECT_EQ(mrope_frequencies(64, 1, YarnScaling{2, 1000}).status().message(),
            "rope theta is 1.000000, YaRN needs it above 1");
  for (const double factor : {0.0, -1.0, 0.5, 1e7, std::nan("")}) {
    EXPECT_FALSE(mrope_frequencies(64, kTheta, YarnScaling{factor, 1000}).ok()) << factor;
  }
  for (const int64_t positions : {int64_t{0}, int64_t{-1}}) {
    EXPECT_FALSE(mrope_frequencies(64, kTheta, YarnScaling{2, positions}).ok()) << positions;
  }
}

}  // namespace
}  // namespace deepstack
