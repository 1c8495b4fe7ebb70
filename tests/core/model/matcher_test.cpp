#include "core/model/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::scripted_match;
using test::scripted_shape;

const Matcher& matcher() {
  static const Matcher kMatcher(scripted_shape(), scripted_match());
  return kMatcher;
}

MatchSample sample(const Appearance& view) { return {view.tokens.data(), view.seconds}; }

// The mean over the levels of the similarity of two looks, so many seconds apart.
float likeness(test::Look query, test::Look key, double gap_s) {
  const Appearance a = appearance_of(query, 100 + gap_s);
  const Appearance b = appearance_of(key, 100);
  const MatchSample queries[] = {sample(a)};
  const MatchSample keys[] = {sample(b)};
  const int64_t offsets[] = {0, 1};
  const Result<std::vector<float>> result = matcher().similarities(queries, keys, offsets);
  EXPECT_TRUE(result.ok());
  return std::accumulate(result->begin(), result->end(), 0.0F) / 3;
}

TEST(Matcher, TheSameLookIsAlikeAtAnyGapAndOthersAreNot) {
  for (const double gap_s : {0.0, 1.0, 60.0, 3600.0, 86'400.0, 8'640'000.0}) {
    EXPECT_GT(likeness(1, 1, gap_s), 0.9F) << gap_s;
    for (const test::Look other : {2U, 3U, 4U, 5U}) EXPECT_LT(likeness(1, other, gap_s), 0.6F);
  }
}

TEST(Matcher, EachQueryIsComparedWithEachGroup) {
  const Appearance a = appearance_of(1, 10);
  const Appearance b = appearance_of(2, 10);
  const Appearance c = appearance_of(3, 10);
  const std::vector<MatchSample> queries{sample(a), sample(b)};
  const std::vector<MatchSample> keys{sample(b), sample(c), sample(a)};
  // Groups: nothing, {b}, {c, a}, nothing.
  const int64_t offsets[] = {0, 0, 1, 3, 3};
  const Result<std::vector<float>> result = matcher().similarities(queries, keys, offsets);
  ASSERT_TRUE(result.ok()) << result.status().message();
  ASSERT_EQ(result->size(), 2U * 4 * 3);
  const auto at = [&](size_t query, size_t group, size_t level) {
    return (*result)[(query * 4 + group) * 3 + level];
  };
  for (size_t level = 0; level < 3; ++level) {
    for (size_t query = 0; query < 2; ++query) {
      EXPECT_EQ(at(query, 0, level), 0) << "a group of nothing";
      EXPECT_EQ(at(query, 3, level), 0);
    }
    EXPECT_LT(at(0, 1, level), 0.75F) << "a is not b";
    EXPECT_GT(at(0, 2, level), 0.95F) << "a is among c and a";
    EXPECT_GT(at(1, 1, level), 0.95F) << "b is b";
    EXPECT_LT(at(1, 2, level), 0.75F) << "b is neither c nor a";
  }
}

TEST(Matcher, NothingComparedIsNothingOrZero) {
  const Appearance a = appearance_of(1, 10);
  const std::vector<MatchSample> one{sample(a)};
  const int64_t no_group[] = {0};
  const int64_t empty_groups[] = {0, 0, 0};
  const int64_t group[] = {0, 1};
  EXPECT_TRUE(matcher().similarities(one, {}, no_group)->empty());
  EXPECT_EQ(*matcher().similarities(one, {}, empty_groups), std::vector<float>(6, 0.0F));
  EXPECT_TRUE(matcher().similarities({}, one, group)->empty());
}

TEST(Matcher, TheRateScalesTimeAndOnlyDifferencesCount) {
  MatchParameters twice = scripted_match();
  twice.mrope_rate = 2 * twice.mrope_rate;
  const Matcher fast(scripted_shape(), twice);
  const int64_t offsets[] = {0, 2};
  const auto similarities = [&](const Matcher& by, double now, double first, double second) {
    const Appearance query = appearance_of(1, 0);
    const Appearance like = appearance_of(1, 0);
    const Appearance unlike = appearance_of(2, 0);
    const MatchSample queries[] = {{query.tokens.data(), now}};
    const MatchSample keys[] = {{like.tokens.data(), first}, {unlike.tokens.data(), second}};
    return *by.similarities(queries, keys, offsets);
  };
  const std::vector<float> slow = similarities(matcher(), 10, 4, 7);
  const std::vector<float> same = similarities(fast, 5, 2, 3.5);
  const std::vector<float> later = similarities(matcher(), 36'010, 36'004, 36'007);
  const std::vector<float> other = similarities(matcher(), 5, 2, 3.5);
  float difference = 0;
  for (size_t level = 0; level < 3; ++level) {
    EXPECT_NEAR(same[level], slow[level], 1e-5);
    EXPECT_NEAR(later[level], slow[level], 1e-5);
    difference = std::max(difference, std::abs(other[level] - slow[level]));
  }
  EXPECT_GT(difference, 1e-4F) << "time does count";
}

TEST(Matcher, AnAxisOfAmplitudeZeroIsOff) {
  const Appearance query = appearance_of(1, 0);
  const Appearance like = appearance_of(1, 0);
  const Appearance unlike = appearance_of(2, 0);
  const int64_t offsets[] = {0, 2};
  const auto similarities = [&](std::array<double, 3> amplitude, double rate, double gap_s) {
    MatchParameters parameters = scripted_match();
    parameters.mrope_amplitude = amplitude;
    parameters.mrope_rate = rate;
    const MatchSample queries[] = {{query.tokens.data(), gap_s}};
    const MatchSample keys[] = {{like.tokens.data(), 0}, {unlike.tokens.data(), gap_s}};
    return *Matcher(scripted_shape(), parameters).similarities(queries, keys, offsets);
  };
  EXPECT_EQ(similarities({0, 1, 1}, 1, 3), similarities({1, 1, 1}, 0, 3)) << "time is off";
  EXPECT_NE(similarities({0, 1, 1}, 1, 3), similarities({1, 1, 1}, 1, 3)) << "time counts";
  EXPECT_EQ(similarities({0.5, 1, 1}, 2, 3), similarities({1, 1, 1}, 1, 3)) << "half the angle";
  EXPECT_NE(similarities({1, 0, 1}, 1, 3), similarities({1, 1, 1}, 1, 3)) << "rows count";
  EXPECT_NE(similarities({1, 1, 0}, 1, 3), similarities({1, 1, 1}, 1, 3)) << "columns count";
}

TEST(Matcher, LevelWeightsFollowTheGateAndTheGap) {
  MatchParameters parameters = scripted_match();
  parameters.level_bias = {0.5F, 0, -0.25F};
  parameters.level_gap_slope = {-0.5F, 0, 0.5F};
  const Matcher weighted(scripted_shape(), parameters);
  const std::vector<float> query{0.2F, 0.3F, 0.5F};
  const std::vector<float> key{0.6F, 0.3F, 0.1F};
  for (const double gap_s : {0.0, 1.0, 100.0, 1e6}) {
    // The formula once more: softmax(log gate + bias + slope log(1 + gap)) is a ratio of powers.
    double expected[3];
    double sum = 0;
    for (size_t l = 0; l < 3; ++l) {
      expected[l] = (query[l] + key[l]) / 2 * std::exp(parameters.level_bias[l]) *
                    std::pow(1 + gap_s, parameters.level_gap_slope[l]);
      sum += expected[l];
    }
    const std::vector<float> weights = weighted.level_weights(query, key, gap_s);
    for (size_t l = 0; l < 3; ++l) EXPECT_NEAR(weights[l], expected[l] / sum, 1e-5) << gap_s;
  }
}

TEST(Matcher, LevelWeightsAreASoundMixtureWhateverTheGates) {
  const std::vector<float> nothing{0, 0, 0};
  const std::vector<float> one{0, 1, 0};
  for (const double gap_s : {-5.0, 0.0, 1e12}) {
    for (const auto& gate : {nothing, one}) {
      const std::vector<float> weights = matcher().level_weights(gate, gate, gap_s);
      EXPECT_NEAR(weights[0] + weights[1] + weights[2], 1, 1e-5);
      for (const float weight : weights) EXPECT_GE(weight, 0);
    }
  }
}

TEST(Matcher, LevelsThatOneSideLacksHaveNoWeight) {
  const std::vector<float> whole{0.2F, 0.3F, 0.5F};
  const std::vector<float> two{0.6F, 0.4F};
  const std::vector<float> first{1};
  EXPECT_EQ(matcher().level_weights(first, whole, 1), (std::vector<float>{1, 0, 0}));
  EXPECT_EQ(matcher().level_weights(whole, first, 1), (std::vector<float>{1, 0, 0}));
  // The whole gate's first two are 0.4 and 0.6 of their sum.
  const std::vector<float> weights = matcher().level_weights(whole, two, 0);
  EXPECT_NEAR(weights[0], 0.5F, 1e-5);
  EXPECT_NEAR(weights[1], 0.5F, 1e-5);
  EXPECT_EQ(weights[2], 0);
}

TEST(Matcher, AShallowViewIsComparedOnItsLevelsOnly) {
  const Appearance shallow = appearance_of(1, 10, 1);
  const Appearance whole = appearance_of(1, 10);
  const MatchSample queries[] = {sample(shallow), sample(whole)};
  const MatchSample keys[] = {sample(whole), sample(shallow)};
  const int64_t offsets[] = {0, 1, 2};
  const Result<std::vector<float>> result = matcher().similarities(queries, keys, offsets);
  ASSERT_TRUE(result.ok());
  for (const size_t pair : {0U, 1U, 3U}) {  // shallow against whole, itself, and turned about
    EXPECT_NEAR((*result)[pair * 3], (*result)[2 * 3], 1e-5) << pair;
    EXPECT_EQ((*result)[pair * 3 + 1], 0) << pair;
    EXPECT_EQ((*result)[pair * 3 + 2], 0) << pair;
  }
}

TEST(Matcher, ProbabilityIsHalfAtTheOffsetAndRises) {
  const MatchParameters parameters = scripted_match();
  EXPECT_FLOAT_EQ(matcher().probability(parameters.offset), 0.5F);
  float last = 0;
  for (float similarity = -1; similarity <= 1; similarity += 0.05F) {
    const float probability = matcher().probability(similarity);
    EXPECT_GT(probability, last);
    EXPECT_LE(probability, 1);
    last = probability;
  }
}

}  // namespace
}  // namespace deepstack
