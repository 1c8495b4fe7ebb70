#include "core/identity/tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::Thing;

constexpr test::Look kRed = 0xC02020;
constexpr test::Look kBlue = 0x2020C0;

// A tracker and what it said of the last frame.
class TrackerScene : public testing::Test {
 protected:
  void look(double seconds, const std::vector<Thing>& things) {
    std::vector<std::optional<Appearance>> appearances;
    for (const Thing& thing : things) appearances.push_back(appearance_of(thing.look, seconds));
    Result<std::vector<Track>> result =
        tracker_.update(seconds, detections_of(things), appearances);
    ASSERT_TRUE(result.ok()) << result.status().message();
    ended_ = *std::move(result);
  }

  // Looks from begin to end, both included, where the things are by time.
  void look_often(double begin, double end, double rate,
                  const std::function<std::vector<Thing>(double)>& things) {
    for (int frame = 0; begin + frame / rate <= end + 1e-9; ++frame) {
      look(begin + frame / rate, things(begin + frame / rate));
    }
  }

  // The track that the detection of this index went to in the last frame; 0: none.
  int64_t id_of(size_t index) const {
    for (const Track& track : tracker_.tracks()) {
      if (track.observed == index) return track.id;
    }
    return 0;
  }

  TrackerSettings settings_{.strong_score = 0.5F, .weak_score = 0.1F, .max_age_s = 2};
  Matcher matcher_{test::scripted_shape(), test::scripted_match()};
  Tracker tracker_{settings_, matcher_};
  std::vector<Track> ended_;
};

Thing standing(test::Look look) { return {{100, 100, 40, 100}, look}; }
Thing walking(double seconds, test::Look look, float start = 100, float speed = 60) {
  return {{start + speed * static_cast<float>(seconds), 100, 40, 100}, look};
}

TEST_F(TrackerScene, AShallowViewContinuesATrackAndIsNotKept) {
  look_often(0, 1, 10, [](double) { return std::vector{standing(kRed), walking(0, kBlue, 200)}; });
  const int64_t red = id_of(0);
  ASSERT_NE(red, 0);
  const size_t views = tracker_.tracks()[0].recent.size();
  // They change places; the first level tells.
  const std::vector<Thing> things{walking(0, kBlue, 190), {{110, 100, 40, 100}, kRed}};
  std::vector<std::optional<Appearance>> shallow;
  for (const Thing& thing : things) shallow.push_back(appearance_of(thing.look, 1.4, 1));
  ASSERT_TRUE(tracker_.update(1.4, detections_of(things), shallow).ok());
  EXPECT_EQ(id_of(1), red);
  for (const Track& track : tracker_.tracks()) EXPECT_EQ(track.recent.size(), views);
  EXPECT_EQ(tracker_.now_s(), 1.4);
}

TEST_F(TrackerScene, ATrackThatBeginsWithAShallowViewHasNone) {
  std::vector<std::optional<Appearance>> shallow{appearance_of(kRed, 0, 2)};
  ASSERT_TRUE(tracker_.update(0, test::detections_of({standing(kRed)}), shallow).ok());
  ASSERT_EQ(tracker_.tracks().size(), 1U);
  EXPECT_TRUE(tracker_.tracks()[0].recent.empty());
}

TEST_F(TrackerScene, ATrackIsConfirmedWhenSeenThreeTimes) {
  look(0, {standing(kRed)});
  EXPECT_EQ(id_of(0), 1);
  EXPECT_FALSE(tracker_.tracks()[0].confirmed);
  look(0.04, {standing(kRed)});
  EXPECT_FALSE(tracker_.tracks()[0].confirmed);
  look(0.08, {standing(kRed)});
  EXPECT_TRUE(tracker_.tracks()[0].confirmed);
  EXPECT_EQ(tracker_.tracks()[0].hits, 3);
}

TEST_F(TrackerScene, ATrackIsConfirmedWhenSeenTwiceHalfASecondApart) {
  look(0, {standing(kRed)});
  look(0.5, {standing(kRed)});
  EXPECT_EQ(id_of(0), 1);
  EXPECT_TRUE(tracker_.tracks()[0].confirmed);
}

TEST_F(TrackerScene, ATentativeTrackThatIsMissedOnceEnds) {
  look(0, {standing(kRed)});
  look(0.04, {});
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_FALSE(ended_[0].confirmed);
  EXPECT_TRUE(tracker_.tracks().empty());
}

TEST_F(TrackerScene, TwoThingsThatCrossKeepTheirTracks) {
  const auto crossing = [](double t) -> std::vector<Thing> {
    return {walking(t, kRed, 100, 80), walking(t, kBlue, 420, -80)};
  };
  look_often(0, 0.2, 25, crossing);
  const int64_t red = id_of(0);
  const int64_t blue = id_of(1);
  ASSERT_NE(red, blue);
  look_often(0.24, 4, 25, crossing);
  EXPECT_EQ(id_of(0), red);
  EXPECT_EQ(id_of(1), blue);
  EXPECT_EQ(tracker_.tracks().size(), 2U);
}

TEST_F(TrackerScene, TwoThingsThatMeetAndTurnBackKeepTheirTracks) {
  // Motion alone would let them pass through each other; they look different.
  const auto meeting = [](double t) -> std::vector<Thing> {
    const double near = 2 - std::abs(t - 2);
    return {walking(near, kRed, 200, 30), walking(near, kBlue, 320, -30)};
  };
  look_often(0, 0.2, 25, meeting);
  const int64_t red = id_of(0);
  const int64_t blue = id_of(1);
  look_often(0.24, 4, 25, meeting);
  EXPECT_EQ(id_of(0), red);
  EXPECT_EQ(id_of(1), blue);
}

TEST_F(TrackerScene, AGapShorterThanTheLargestAgeIsBridged) {
  look_often(0, 1, 25, [](double t) { return std::vector{walking(t, kRed)}; });
  const int64_t id = id_of(0);
  look_often(1.04, 2.9, 25, [](double) { return std::vector<Thing>(); });
  EXPECT_EQ(tracker_.tracks().size(), 1U);
  look(2.94, {walking(2.94, kRed)});
  EXPECT_EQ(id_of(0), id);
}

TEST_F(TrackerScene, AGapLongerThanTheLargestAgeEndsTheTrack) {
  look_often(0, 1, 25, [](double t) { return std::vector{walking(t, kRed)}; });
  size_t ended = 0;
  look_often(1.04, 3.2, 25, [&](double) {
    ended += ended_.size();
    return std::vector<Thing>();
  });
  EXPECT_EQ(ended + ended_.size(), 1U);
  look(3.24, {walking(3.24, kRed)});
  EXPECT_EQ(id_of(0), 2);
}

TEST_F(TrackerScene, WhoAppearsWhereAnotherWasLostIsNotTheOther) {
  look_often(0, 1, 25, [](double) { return std::vector{standing(kRed)}; });
  look_often(1.04, 1.6, 25, [](double) { return std::vector<Thing>(); });
  look(1.64, {standing(kBlue)});
  EXPECT_EQ(id_of(0), 2);
  look(1.68, {standing(kRed)});
  EXPECT_EQ(id_of(0), 1) << "who was lost is found again";
}

TEST_F(TrackerScene, AnHourWithoutFramesEndsEveryTrack) {
  look_often(0, 1, 25, [](double) { return std::vector{standing(kRed)}; });
  look(3600, {standing(kRed)});
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].id, 1);
  EXPECT_EQ(id_of(0), 2);
}

TEST_F(TrackerScene, WeakDetectionsContinueATrack) {
  look_often(0, 0.4, 25, [](double t) { return std::vector{walking(t, kRed)}; });
  look_often(0.44, 3, 25, [](double t) {
    Thing weak = walking(t, kRed);
    weak.score = 0.2F;
    return std::vector{weak};
  });
  EXPECT_EQ(id_of(0), 1);
  EXPECT_NEAR(tracker_.tracks()[0].last_seen_s, 3, 0.01);
}

TEST_F(TrackerScene, WeakDetectionsBeginNoTrack) {
  Thing weak = standing(kRed);
  double seconds = 0;
  for (const float score : {0.0F, 0.1F, 0.2F, 0.49F}) {
    weak.score = score;
    for (int frame = 0; frame < 25; ++frame) look(seconds += 0.04, {weak});
    EXPECT_TRUE(tracker_.tracks().empty()) << score;
  }
}

TEST_F(TrackerScene, WhatWasNotLookedAtBeginsNoTrack) {
  const Thing thing = standing(kRed);
  for (int frame = 0; frame < 5; ++frame) {
    ASSERT_TRUE(tracker_.update(0.04 * frame, test::detections_of({thing}), {std::nullopt}).ok());
    EXPECT_TRUE(tracker_.tracks().empty());
  }
}

TEST_F(TrackerScene, DetectionsBelowTheWeakScoreAreNothing) {
  look_often(0, 0.4, 25, [](double) { return std::vector{standing(kRed)}; });
  Thing nothing = standing(kRed);
  nothing.score = 0.05F;
  look(0.44, {nothing});
  EXPECT_EQ(id_of(0), 0);
}

TEST_F(TrackerScene, SamplingOnceASecondKeepsTheTracks) {
  look_often(0, 20, 1, [](double t) -> std::vector<Thing> {
    return {walking(t, kRed, 100, 20), walking(t, kBlue, 700, -20)};
  });
  EXPECT_EQ(id_of(0), 1);
  EXPECT_EQ(id_of(1), 2);
}

TEST_F(TrackerScene, ASecondBoxOnTheSameThingBeginsNoTrack) {
  look_often(0, 0.4, 25, [](double) { return std::vector{standing(kRed)}; });
  // As detectors leave them: overlaps of 0.65 and less are not suppressed.
  Thing twice = standing(kRed);
  twice.box.x += 0.25F * twice.box.width;
  look_often(0.44, 1, 25, [&](double) { return std::vector{standing(kRed), twice}; });
  EXPECT_EQ(tracker_.tracks().size(), 1U);
  Thing beside = standing(kBlue);
  beside.box.x += 0.5F * beside.box.width;
  look_often(1.04, 1.4, 25, [&](double) { return std::vector{standing(kRed), beside}; });
  EXPECT_EQ(tracker_.tracks().size(), 2U) << "half hidden, somebody else";
}

TEST_F(TrackerScene, AnotherLabelIsAnotherTrack) {
  look_often(0, 0.4, 25, [](double) { return std::vector{standing(kRed)}; });
  Thing dog = standing(kRed);
  dog.label = "dog";
  look(0.44, {dog});
  EXPECT_NE(id_of(0), 1);
}

TEST_F(TrackerScene, F8_ATrackGoesOnInAPictureOfAnotherSize) {
  look_often(0, 1, 10, [](double t) { return std::vector{walking(t, kRed)}; });
  tracker_.rescale(3, 0.5F);
  EXPECT_EQ(tracker_.tracks()[0].detection.box, (Box{480, 50, 120, 50}));
  look_often(1.1, 2, 10, [](double t) {
    const Box box = walking(t, kRed).box;
    return std::vector{Thing{{box.x * 3, box.y / 2, box.width * 3, box.height / 2}, kRed}};
  });
  EXPECT_EQ(id_of(0), 1) << "and keeps its velocity";
  EXPECT_TRUE(ended_.empty());
}

TEST_F(TrackerScene, TimeWithoutFramesEndsWhatIsTooOldAndLeavesTheRest) {
  look_often(0, 1, 10, [](double) { return std::vector{standing(kRed)}; });
  const int64_t red = id_of(0);
  look_often(1.1, 2, 10, [](double) { return std::vector{walking(0, kBlue, 300)}; });
  const int64_t blue = id_of(0);
  look(2.1, {walking(0, kBlue, 300), {{500, 100, 40, 100}, kRed}});
  const int64_t seen_once = id_of(1);
  EXPECT_TRUE(tracker_.age(3).empty());
  const std::vector<Track> ended = tracker_.age(3.5);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].id, red);
  look(3.6, {walking(0, kBlue, 300), {{500, 100, 40, 100}, kRed}});
  EXPECT_EQ(id_of(0), blue);
  EXPECT_EQ(id_of(1), seen_once) << "nobody looked, so it was not missed";
  EXPECT_EQ(tracker_.age(1e6).size(), 2U);
}

TEST_F(TrackerScene, FinishEndsEveryTrack) {
  look(0, {standing(kRed), walking(0, kBlue, 300)});
  EXPECT_EQ(tracker_.finish().size(), 2U);
  EXPECT_TRUE(tracker_.tracks().empty());
  look(1, {standing(kRed)});
  EXPECT_EQ(id_of(0), 3) << "ids go on";
}

TEST_F(TrackerScene, ACrowdIsFollowedOneTrackEach) {
  const auto crowd = [](double t) {
    std::vector<Thing> things;
    for (uint32_t i = 0; i < 30; ++i) {
      const auto column = static_cast<float>(i % 6);
      const auto row = static_cast<float>(i / 6);
      things.push_back({{60 * column + 10 * static_cast<float>(t), 120 * row, 40, 100}, i + 1});
    }
    return things;
  };
  look_often(0, 3, 10, crowd);
  ASSERT_EQ(tracker_.tracks().size(), 30U);
  std::set<int64_t> ids;
  for (size_t i = 0; i < 30; ++i) ids.insert(id_of(i));
  EXPECT_EQ(ids.size(), 30U);
  EXPECT_EQ(*ids.rbegin(), 30);
}

}  // namespace
}  // namespace deepstack
