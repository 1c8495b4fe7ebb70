#include "core/model/trial_scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/model/match_calibration.h"
#include "tests/support/painted_views.h"
#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

constexpr size_t kLevels = 3;

Matcher matcher_of(float scale, float offset) {
  MatchParameters match = test::scripted_match();
  match.scale = scale;
  match.offset = offset;
  return Matcher(test::scripted_shape(), match);
}

MatchTrial trial(size_t track, size_t other, float similarity, bool relit = false,
                 size_t draw = 0) {
  const std::vector<float> gate(kLevels, 1.0F / kLevels);
  return {track, other, draw, relit, std::vector<float>(kLevels, similarity), gate, gate};
}

TEST(TrialScores, RankPrecisionAndAucAreWhatOneCounts) {
  const Matcher matcher = matcher_of(10, 0.5F);
  const std::vector<MatchTrial> trials{
      trial(0, 0, 0.9F),       trial(0, 1, 0.1F),      trial(0, 2, 0.2F),  // first
      trial(1, 1, 0.5F),       trial(1, 0, 0.6F),      trial(1, 2, 0.5F),  // third: a tie is no win
      trial(2, 2, 0.0F, true), trial(2, 0, 1.0F, true)};
  const TrialScores plain = score_trials(trials, matcher, false);
  EXPECT_EQ(plain.same, 2U);
  EXPECT_EQ(plain.different, 4U);
  EXPECT_NEAR(plain.rank1, 0.5, 1e-6);
  EXPECT_NEAR(plain.mean_precision, (1 + 1.0 / 3) / 2, 1e-6);
  EXPECT_NEAR(plain.auc, (4 + 2 + 0.5) / 8, 1e-6);
  const TrialScores relit = score_trials(trials, matcher, true);
  EXPECT_EQ(relit.auc, 0);
  EXPECT_EQ(relit.rank1, 0);
}

TEST(TrialScores, LogLossGivesBothKindsTheSameWeight) {
  const Matcher matcher = matcher_of(10, 0.5F);
  std::vector<MatchTrial> trials{trial(0, 0, 0.6F)};
  for (size_t other = 1; other < 10; ++other) trials.push_back(trial(0, other, 0.5F));
  const double right = std::log1p(std::exp(-1.0));
  EXPECT_NEAR(score_trials(trials, matcher, false).log_loss, (right + std::log(2.0)) / 2, 1e-5);
}

// tracks tracks that score high with themselves and low with others, by noise mixed up.
std::vector<MatchTrial> world(size_t tracks, float gap, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> noise(0, 0.1F);
  std::vector<MatchTrial> trials;
  for (size_t a = 0; a < tracks; ++a) {
    for (size_t b = 0; b < tracks; ++b) {
      for (const bool relit : {false, true}) {
        trials.push_back(trial(a, b, 0.5F + (a == b ? gap : 0) + noise(random), relit));
      }
    }
  }
  return trials;
}

TEST(TrialGain, AClearGainIsOneAndChanceIsNot) {
  const Matcher matcher = matcher_of(10, 0.6F);
  const std::vector<MatchTrial> before = world(30, 0.1F, 1);
  const TrialGain better = gain_of(before, matcher, world(30, 0.3F, 2), matcher, 1);
  EXPECT_GT(better.auc, 3 * better.auc_error);
  EXPECT_GT(better.auc_error, 0);
  EXPECT_TRUE(is_gain(better));
  const TrialGain none = gain_of(before, matcher, before, matcher, 1);
  EXPECT_EQ(none.auc, 0);
  EXPECT_EQ(none.auc_error, 0);
  EXPECT_FALSE(is_gain(none));
  EXPECT_FALSE(is_gain(gain_of(world(30, 0.3F, 2), matcher, before, matcher, 1)));
}

TEST(TrialGain, AGainInOneDoesNotPayForALossInTheOther) {
  EXPECT_TRUE(is_gain({.auc = 0.02, .auc_error = 0.01, .log_loss = -0.01, .log_loss_error = 0.02}));
  EXPECT_TRUE(is_gain({.auc = -0.001, .auc_error = 0.01, .log_loss = 0.1, .log_loss_error = 0.02}));
  EXPECT_FALSE(is_gain({.auc = 0.02, .auc_error = 0.01, .log_loss = -0.1, .log_loss_error = 0.02}));
  EXPECT_FALSE(is_gain({.auc = 0.01, .auc_error = 0.02, .log_loss = 0.01, .log_loss_error = 0.02}));
}

TEST(MatchCalibration, ManyTracksMoveTheParametersAndFewHardlyDo) {
  // Everything scores 0.2 above what the model's own offset expects.
  std::vector<MatchTrial> trials = world(60, 0.3F, 3);
  MatchParameters match = test::scripted_match();
  match.scale = 20;
  match.offset = 0.4F;
  const Result<MatchCalibration> many = calibrate_match(trials, match, 100'000);
  ASSERT_TRUE(many.ok()) << many.status().message();
  EXPECT_NEAR(many->match.offset, 0.68F, 0.06F);
  const Result<MatchCalibration> few = calibrate_match(trials, match, 5);
  ASSERT_TRUE(few.ok());
  EXPECT_LT(few->match.offset, many->match.offset - 0.05F);
  EXPECT_GT(few->match.offset, 0.4F);
  EXPECT_LT(many->loss, few->loss);
  const Matcher before(test::scripted_shape(), match);
  const Matcher after(test::scripted_shape(), many->match);
  EXPECT_LT(score_trials(trials, after, false).log_loss,
            score_trials(trials, before, false).log_loss / 2);
}

TEST(MatchCalibration, ALevelThatTellsMoreGetsMoreWeight) {
  std::vector<MatchTrial> trials = world(60, 0.1F, 4);
  for (MatchTrial& trial : trials) trial.similarity[0] = trial.same() ? 0.9F : 0.1F;
  const Result<MatchCalibration> fitted = calibrate_match(trials, test::scripted_match(), 100'000);
  ASSERT_TRUE(fitted.ok());
  const float weight =
      fitted->match.level_bias[0] + fitted->match.level_gap_slope[0] * std::log1p(10.0F);
  EXPECT_GT(weight, 0.5F);
  EXPECT_EQ(fitted->match.level_bias[2], 0) << "only differences count";
}

// Appearances of looks: each track has its own, and relit it is another's.
TEST(MatchTrials, AskWhatTheGalleryAsks) {
  const ViewSet set = test::painted_views(20, 8);
  const Result<AdaptationTracks> tracks = select_tracks(set, 10'000, 1);
  ASSERT_TRUE(tracks.ok());
  ViewAppearances looks;
  for (size_t t = 0; t < tracks->tracks.size(); ++t) {
    for (const TrackView* view : tracks->tracks[t].views) {
      const auto look = static_cast<test::Look>(t + 1);
      looks.plain.push_back(test::appearance_of(look, view->seconds));
      looks.relit.push_back(test::appearance_of(look + 1, view->seconds));
    }
  }
  const Matcher matcher = matcher_of(20, 0.6F);
  const std::vector<size_t> part = tracks->of(TrackPart::kHeldOut);
  const std::vector<TrialDraw> draws = draw_trials(*tracks, part, 1);
  for (const TrialDraw& draw : draws) {
    ASSERT_EQ(draw.keys.size(), part.size() * kKeyViews);
    ASSERT_EQ(draw.queries.size(), part.size() * kQueryViews);
    for (size_t i = 0; i < part.size(); ++i) {
      const AdaptationTrack& track = tracks->tracks[part[i]];
      EXPECT_GE(draw.keys[i * kKeyViews], track.first_view);
      EXPECT_LT(draw.keys[(i + 1) * kKeyViews - 1], draw.queries[i * kQueryViews])
          << "known views are earlier ones";
      EXPECT_LT(draw.queries[(i + 1) * kQueryViews - 1], track.first_view + track.views.size());
    }
  }
  const auto trials = run_trials(*tracks, part, draws, looks, matcher);
  ASSERT_TRUE(trials.ok()) << trials.status().message();
  EXPECT_EQ(trials->size(), draws.size() * 2 * part.size() * part.size());
  EXPECT_EQ(score_trials(*trials, matcher, false).rank1, 1);
  EXPECT_LT(score_trials(*trials, matcher, true).rank1, 0.5);
}

}  // namespace
}  // namespace deepstack
