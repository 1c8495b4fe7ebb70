// What `deepstack report` makes of events: the past corrected, visits, boxes between sightings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipelines/report/identity_history.h"
#include "tests/pipelines/report_events.h"

namespace deepstack::test {
namespace {

IdentityHistory history_of(const EventLines& lines) {
  const Result<EventLog> log = lines.log();
  EXPECT_TRUE(log.ok()) << log.status().message();
  return log.ok() ? make_history(*log) : IdentityHistory();
}

std::vector<std::string> uuids(const IdentityHistory& history) {
  std::vector<std::string> uuids;
  for (const SeenIdentity& identity : history.identities) uuids.push_back(identity.uuid);
  return uuids;
}

// The identity of each stretch, in order of time; "" without one.
std::vector<std::string> stretch_uuids(const IdentityHistory& history) {
  std::vector<std::string> uuids;
  for (const Stretch& stretch : history.stretches) {
    uuids.push_back(stretch.identity ? history.identities[*stretch.identity].uuid : "");
  }
  return uuids;
}

TEST(IdentityHistory, NumbersIdentitiesInOrderOfAppearance) {
  const auto history =
      history_of(EventLines().see(0, 1, kBert).see(1, 2, kAnna).see(2, 3, kBert, 0.8F, 2));
  EXPECT_THAT(uuids(history), testing::ElementsAre(kBert, kAnna));
  EXPECT_EQ(history.tracks, 3U);
}

TEST(IdentityHistory, RenameCorrectsEarlierSightingsOfItsTrackOnly) {
  const auto history = history_of(EventLines()
                                      .see(0, 1, kAnna)
                                      .see(0.1, 2, kAnna, 0.7F, 5)
                                      .see(0.2, 2, kAnna, 0.7F, 5)
                                      .rename(0.3, 2, kAnna, kBert)
                                      .see(0.3, 2, kBert));
  EXPECT_THAT(stretch_uuids(history), testing::ElementsAre(kAnna, kBert));
  EXPECT_EQ(history.stretches[1].sightings.size(), 3U);
}

TEST(IdentityHistory, WhatWasTakenBackIsNoEvidenceForTheRightIdentity) {
  const auto history = history_of(EventLines()
                                      .see(0, 1, kAnna, 0.7F, 500)
                                      .rename(1, 1, kAnna, kBert)
                                      .see(1, 1, kBert, 0.9F, 20));
  EXPECT_DOUBLE_EQ(history.identities.front().longest_gap_s(), 20);
  EXPECT_NEAR(*history.identities.front().score, 0.9, 1e-4);
}

TEST(IdentityHistory, MergesReachThePastThroughChains) {
  const auto history = history_of(EventLines()
                                      .see(0, 1, kAnna)
                                      .see(1, 2, kBert)
                                      .see(2, 3, kCleo)
                                      .merge(3, kCleo, kBert)
                                      .merge(4, kBert, kAnna));
  EXPECT_THAT(uuids(history), testing::ElementsAre(kAnna));
  EXPECT_THAT(stretch_uuids(history), testing::ElementsAre(kAnna, kAnna, kAnna));
}

TEST(IdentityHistory, RenameAfterMergeMovesTheTrackOnly) {
  const auto history = history_of(EventLines()
                                      .see(0, 1, kAnna)
                                      .see(1, 2, kBert)
                                      .merge(2, kBert, kAnna)
                                      .rename(3, 2, kAnna, kCleo));
  EXPECT_THAT(stretch_uuids(history), testing::ElementsAre(kAnna, kCleo));
}

TEST(IdentityHistory, MergesInACircleEnd) {
  const auto history = history_of(EventLines()
                                      .see(0, 1, kAnna)
                                      .see(1, 2, kBert)
                                      .merge(2, kAnna, kBert)
                                      .merge(3, kBert, kAnna)
                                      .merge(4, kAnna, kAnna));
  EXPECT_EQ(history.identities.size(), 1U);
}

TEST(IdentityHistory, RenameOfATrackNeverSeenIsHarmless) {
  EXPECT_EQ(history_of(EventLines().see(0, 1, kAnna).rename(1, 9, kAnna, kBert)).returns, 0U);
}

TEST(IdentityHistory, SightingsBeforeTheDecisionBelongToTheTracksIdentity) {
  const auto history = history_of(EventLines().see(0, 1, "").see(1, 1, "").see(2, 1, kAnna));
  EXPECT_EQ(history.identities.front().sightings, 3U);
  EXPECT_THAT(stretch_uuids(history), testing::ElementsAre(kAnna));
}

TEST(IdentityHistory, AnIdentityChangedWithoutCorrectionSplitsTheTrack) {
  const auto history = history_of(EventLines().see(0, 1, kAnna).see(1, 1, kBert));
  EXPECT_THAT(stretch_uuids(history), testing::ElementsAre(kAnna, kBert));
  EXPECT_EQ(history.tracks, 1U);
}

TEST(IdentityHistory, NewAndUpdateOfOneFrameAreOneSighting) {
  const auto history = history_of(EventLines().see(0, 1, "").see(0, 1, kAnna));
  EXPECT_EQ(history.stretches.front().sightings.size(), 1U);
}

TEST(IdentityHistory, AVisitEndsWithAGapOfMoreThanASecond) {
  const auto history = history_of(
      EventLines().see(0, 1, kAnna).see(0.9, 2, kAnna, 0.8F, 0.9).see(15, 3, kAnna, 0.6F, 14.1));
  ASSERT_EQ(history.identities.front().visits.size(), 2U);
  EXPECT_EQ(history.returns, 1U);
  EXPECT_NEAR(history.identities.front().longest_gap_s(), 14.1, 1e-6);
  EXPECT_NEAR(*history.identities.front().score, 0.7, 1e-4);
}

TEST(IdentityHistory, AnIdentityOfAnEarlierRunIsAReturn) {
  EXPECT_EQ(history_of(EventLines().see(0, 1, kAnna, 0.9F, 3600)).returns, 1U);
}

TEST(IdentityHistory, ATimelineThatStartsOverContinues) {
  const auto history = history_of(
      EventLines().see(10, 1, kAnna).see(10.5, 1, kAnna).timeline(1).see(0, 2, kAnna, 0.9F, 1));
  EXPECT_EQ(history.stretches.back().begin_ns(), 11'000'000'000);
}

class BoxAt : public testing::Test {
 protected:
  static Stretch moving(double from_s, double to_s) {
    Stretch stretch;
    Sighting sighting;
    sighting.time_ns = static_cast<int64_t>(from_s * 1e9);
    sighting.box = {0, 0, 0.2F, 0.4F};
    stretch.sightings.push_back(sighting);
    sighting.time_ns = static_cast<int64_t>(to_s * 1e9);
    sighting.box = {0.4F, 0.2F, 0.2F, 0.6F};
    stretch.sightings.push_back(sighting);
    return stretch;
  }
};

TEST_F(BoxAt, IsInterpolatedBetweenSightings) {
  const std::optional<Box> box = box_at(moving(1, 1.2), 1'050'000'000, 0);
  ASSERT_TRUE(box);
  EXPECT_NEAR(box->x, 0.1, 1e-6);
  EXPECT_NEAR(box->y, 0.05, 1e-6);
  EXPECT_NEAR(box->height, 0.45, 1e-6);
}

TEST_F(BoxAt, ReachesAcrossASecondAndNoFurther) {
  EXPECT_TRUE(box_at(moving(1, 2), 1'500'000'000, 50'000'000));
  const Stretch hole = moving(1, 2.01);
  EXPECT_FALSE(box_at(hole, 1'500'000'000, 50'000'000));
  EXPECT_TRUE(box_at(hole, 1'040'000'000, 50'000'000));
  EXPECT_TRUE(box_at(hole, 1'970'000'000, 50'000'000));
}

TEST_F(BoxAt, EndsWithinTheToleranceOfTheFirstAndLastSighting) {
  const Stretch stretch = moving(1, 1.2);
  EXPECT_TRUE(box_at(stretch, 960'000'000, 50'000'000));
  EXPECT_FALSE(box_at(stretch, 940'000'000, 50'000'000));
  EXPECT_TRUE(box_at(stretch, 1'240'000'000, 50'000'000));
  EXPECT_FALSE(box_at(stretch, 1'260'000'000, 50'000'000));
}

}  // namespace
}  // namespace deepstack::test
