#include "core/identity/stream_gallery.h"

#include <gtest/gtest.h>

#include "tests/support/own_gallery.h"
#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;

constexpr double kNoon_s = 1.8e9;
constexpr test::Look kRed = 0xC02020;

// Two streams of a gallery that forgets after a day.
struct TwoStreams : testing::Test {
  std::shared_ptr<SharedGallery> shared = std::make_shared<SharedGallery>(
      GalleryLimits{64 << 20, 86'400}, Matcher(test::scripted_shape(), test::scripted_match()));
  StreamGallery door{shared};
  StreamGallery yard{shared};

  static int64_t show(StreamGallery& stream, double seconds) {
    const int64_t number = stream.add("person", seconds).number;
    stream.learn(number, appearance_of(kRed, seconds));
    return number;
  }
  // When the stream thinks that this was last seen.
  static double last_seen(const StreamGallery& stream, double seconds) {
    const Appearance view = appearance_of(kRed, seconds);
    const auto found = stream.search({&view}, "person", seconds);
    EXPECT_TRUE(found.ok());
    EXPECT_EQ(found->size(), 1U);
    EXPECT_GT(found->front().probability, 0.9F);
    return found->front().identity.last_seen_s;
  }
};

TEST_F(TwoStreams, AGapReachesFromOneStreamToAnother) {
  door.anchor(5.5, kNoon_s);
  yard.anchor(1000.25, kNoon_s + 600);
  show(door, 6.5);
  const double gap_s = 1000.25 - last_seen(yard, 1000.25);
  EXPECT_NEAR(gap_s, 599, 1) << "offsets are whole seconds";
}

TEST_F(TwoStreams, WithinAStreamTimesAreAsTheyWere) {
  door.anchor(0.123456789, kNoon_s + 0.777);
  show(door, 0.123456789);
  EXPECT_NEAR(last_seen(door, 60), 0.123456789, 1e-6);
}

TEST_F(TwoStreams, TheSameGapIsTheSameNumberAtAnyTimeOfDay) {
  std::vector<double> gaps;
  for (const double noon_s : {kNoon_s, kNoon_s + 12'345.678}) {
    StreamGallery stream(std::make_shared<SharedGallery>(
        GalleryLimits{}, Matcher(test::scripted_shape(), test::scripted_match())));
    stream.anchor(0.04, noon_s);
    show(stream, 0.28);
    gaps.push_back(25.32 - last_seen(stream, 25.32));
  }
  EXPECT_EQ(gaps[0], gaps[1]);
}

TEST_F(TwoStreams, AClockThatWasPutBackMakesNoNegativeGap) {
  door.anchor(0, kNoon_s);
  const int64_t number = show(door, 100);
  yard.anchor(0, kNoon_s - 1e6);
  const double gap_s = 0 - last_seen(yard, 0);
  EXPECT_GE(gap_s, 0);
  EXPECT_LE(gap_s, 1);
  yard.expire(86'399);
  EXPECT_TRUE(yard.find(number));
  yard.expire(86'402);
  EXPECT_FALSE(yard.find(number)) << "it ages all the same";
}

TEST_F(TwoStreams, ATimelineThatStartsOverMovesTimeOnAndNeverBack) {
  door.anchor(0, kNoon_s);
  show(door, 10);
  door.anchor(11, kNoon_s + 3600);  // an hour without a picture
  EXPECT_NEAR(11 - last_seen(door, 11), 3590, 2);
  door.anchor(12, kNoon_s - 3600);
  EXPECT_NEAR(12 - last_seen(door, 12), 3591, 2);
}

TEST_F(TwoStreams, ABetterClockMayMoveAStreamBackUntilItLeftSomething) {
  door.anchor(0, kNoon_s);
  const int64_t number = show(door, 1);
  const double wrong_s = kNoon_s + 86'400;
  yard.anchor(0, wrong_s);
  yard.anchor(3, kNoon_s + 603);
  EXPECT_NEAR(3 - last_seen(yard, 3), 602, 2);
  yard.see(number, 4);
  yard.anchor(5, kNoon_s - 86'400);
  EXPECT_NEAR(5 - last_seen(yard, 5), 1, 2) << "and no more since";
  yard.anchor(6, wrong_s);
  yard.see(number, 6);
  EXPECT_GT(shared->latest_s(), wrong_s - 1) << "but on";
}

TEST_F(TwoStreams, AnAnchorThatSaysTheSameMovesNothing) {
  door.anchor(0.9, kNoon_s + 0.2);
  const int64_t number = show(door, 1);
  const double latest_s = shared->latest_s();
  for (double seconds = 1; seconds < 3; seconds += 0.1) {
    door.anchor(seconds, kNoon_s + seconds);
    door.see(number, 1.001);
  }
  EXPECT_NEAR(shared->latest_s(), latest_s, 0.01);
}

TEST_F(TwoStreams, WhatOneStreamMergedIsGoneForTheOther) {
  const int64_t first = show(door, 1);
  const int64_t second = show(yard, 2);
  door.merge(second, first);
  EXPECT_FALSE(yard.find(second));
  yard.see(second, 5);
  yard.learn(second, appearance_of(kRed, 5));
  yard.merge(second, first);
  EXPECT_EQ(shared->stats().identities, 1U);
}

}  // namespace
}  // namespace deepstack
