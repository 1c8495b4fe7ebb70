#include "core/identity/appearance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

constexpr FeatureShape kSmall{.levels = 2, .rows = 1, .columns = 2, .width = 2};

TEST(Appearance, TokensGetLengthOneAndZeroStaysZero) {
  const Feature feature{{3, 4, 0, 0, -5, 0, 1, 1}, {0.5F, 0.5F, 0.5F, 0.5F}, {}};
  const Appearance appearance = make_appearance(feature, kSmall, 12.5);
  const float half = std::sqrt(0.5F);
  const std::vector<float> expected{0.6F, 0.8F, 0, 0, -1, 0, half, half};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(appearance.tokens[i], expected[i]);
  EXPECT_EQ(appearance.seconds, 12.5);
}

TEST(Appearance, TheGateIsItsMeanOverTheTokens) {
  const Feature feature{std::vector<float>(8, 1), {0.25F, 0.75F, 0.75F, 0.25F}, {}};
  EXPECT_EQ(make_appearance(feature, kSmall, 0).gate, (std::vector<float>{0.5F, 0.5F}));
  const Feature sure{std::vector<float>(8, 1), {1, 0, 0.5F, 0.5F}, {}};
  EXPECT_EQ(make_appearance(sure, kSmall, 0).gate, (std::vector<float>{0.75F, 0.25F}));
}

TEST(Appearance, OfAPassThatStoppedEarlyTheAbsentLevelsAreZero) {
  const Feature whole{{3, 4, 0, 0, -5, 0, 1, 1}, {0.5F, 0.5F, 0.5F, 0.5F}, {}};
  const Feature shallow{{3, 4, 0, 0}, {1, 1}, {}};
  const Appearance appearance = make_appearance(shallow, kSmall, 0);
  EXPECT_EQ(appearance.tokens, (std::vector<float>{0.6F, 0.8F, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(appearance.gate, std::vector<float>{1});
  EXPECT_FALSE(appearance.full_depth(kSmall));
  EXPECT_TRUE(make_appearance(whole, kSmall, 0).full_depth(kSmall));
}

TEST(Appearance, AlignedSimilarityIsTheMeanCosine) {
  const std::vector<float> a{1, 0, 0, 1, 1, 0, 0, 1};
  const std::vector<float> turned{0, 1, 1, 0, 0, 1, 1, 0};
  std::vector<float> half = a;
  half[0] = 0;
  half[1] = 1;
  std::vector<float> opposite = a;
  for (float& value : opposite) value = -value;
  EXPECT_FLOAT_EQ(aligned_similarity(a, a, kSmall), 1);
  EXPECT_FLOAT_EQ(aligned_similarity(a, turned, kSmall), 0);
  EXPECT_FLOAT_EQ(aligned_similarity(a, half, kSmall), 0.75F);
  EXPECT_FLOAT_EQ(aligned_similarity(a, opposite, kSmall), -1);
}

TEST(Appearance, TheScriptedLooksAreToldApart) {
  const auto tokens = [](test::Look look) { return test::appearance_of(look, 0).tokens; };
  for (test::Look look = 1; look < 20; ++look) {
    EXPECT_NEAR(aligned_similarity(tokens(look), tokens(look), test::scripted_shape()), 1, 1e-5);
    EXPECT_LT(aligned_similarity(tokens(look), tokens(look + 1), test::scripted_shape()), 0.5F);
  }
}

}  // namespace
}  // namespace deepstack
