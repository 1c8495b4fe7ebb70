#include "core/time/timeline.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace deepstack {
namespace {

constexpr int64_t kFrameNs = 40'000'000;

TEST(Timeline, TimesAreThePtsThatRise) {
  Timeline timeline;
  for (const int64_t pts : {int64_t{0}, kFrameNs, 2 * kFrameNs, 5 * kNanosPerSecond}) {
    EXPECT_EQ(timeline.stamp(pts), (MediaTime{0, pts}));
    EXPECT_FALSE(timeline.restarted());
  }
}

TEST(Timeline, FramesWithoutPtsContinueAtTheLastDistance) {
  Timeline timeline;
  EXPECT_EQ(timeline.stamp(std::nullopt).ns, 0);
  EXPECT_EQ(timeline.stamp(std::nullopt).ns, kFrameNs) << "25 frames a second until known better";
  EXPECT_EQ(timeline.stamp(100'000'000).ns, 100'000'000);
  EXPECT_EQ(timeline.stamp(std::nullopt).ns, 160'000'000);
  EXPECT_EQ(timeline.stamp(std::nullopt).ns, 220'000'000);
}

TEST(Timeline, APtsThatStandsStillOrIsSlightlyEarlyIsNudgedOn) {
  for (const int64_t back : {int64_t{0}, int64_t{1}, kFrameNs, Timeline::kReorderToleranceNs}) {
    Timeline timeline;
    const int64_t last = 10 * kNanosPerSecond;
    timeline.stamp(last);
    EXPECT_EQ(timeline.stamp(last - back), (MediaTime{0, last + 1})) << back;
    EXPECT_FALSE(timeline.restarted());
    EXPECT_EQ(timeline.stamp(last + kFrameNs), (MediaTime{0, last + kFrameNs})) << back;
  }
}

TEST(Timeline, APtsThatStaysFarBehindBeginsANewTimelineWithTheThirdFrame) {
  for (const int64_t back : {Timeline::kReorderToleranceNs + 1, 37'600 * kNanosPerSecond}) {
    Timeline timeline;
    const int64_t last = 40'000 * kNanosPerSecond;
    timeline.stamp(last);
    for (int frame = 1; frame <= 2; ++frame) {
      const int64_t pts = last - back - kNanosPerSecond + frame * kFrameNs;
      EXPECT_EQ(timeline.stamp(pts), (MediaTime{0, last + frame * kFrameNs})) << back;
      EXPECT_FALSE(timeline.restarted());
      EXPECT_TRUE(timeline.doubted());
    }
    const int64_t third = last - back - kNanosPerSecond + 3 * kFrameNs;
    EXPECT_EQ(timeline.stamp(third), (MediaTime{1, third}));
    EXPECT_TRUE(timeline.restarted());
    EXPECT_FALSE(timeline.doubted());
    EXPECT_EQ(timeline.stamp(third + kFrameNs), (MediaTime{1, third + kFrameNs}));
    EXPECT_FALSE(timeline.restarted()) << "only the first frame of a timeline is told so";
  }
}

TEST(Timeline, AGapInAFileStaysInTheTimeline) {
  Timeline timeline;
  timeline.stamp(0);
  EXPECT_EQ(timeline.stamp(5 * kNanosPerSecond), (MediaTime{0, 5 * kNanosPerSecond}));
  const int64_t later = 5 * kNanosPerSecond + Timeline::kFileJumpNs;
  EXPECT_EQ(timeline.stamp(later), (MediaTime{0, later}));
  EXPECT_EQ(timeline.stamp(later + kFrameNs), (MediaTime{0, later + kFrameNs}));
  EXPECT_EQ(timeline.stamp({}), (MediaTime{0, later + 2 * kFrameNs})) << "not another gap further";
}

TEST(Timeline, AGapTooLongForOneIsBelievedWithItsThirdFrame) {
  Timeline timeline;
  timeline.stamp(0);
  timeline.stamp(kFrameNs);
  const int64_t day = 86'400 * kNanosPerSecond;
  EXPECT_EQ(timeline.stamp(day), (MediaTime{0, 2 * kFrameNs}));
  EXPECT_EQ(timeline.stamp(day + kFrameNs), (MediaTime{0, 3 * kFrameNs}));
  EXPECT_EQ(timeline.stamp(day + 2 * kFrameNs), (MediaTime{0, day + 2 * kFrameNs}));
  EXPECT_FALSE(timeline.restarted()) << "times before and after it can be compared";
}

TEST(Timeline, OfALiveStreamAGapIsAsLongAsNothingCame) {
  struct {
    int64_t ahead_s, waited_s;
    bool believed;
  } const cases[] = {{5, 0, true}, {6, 0, false}, {6, 1, true}, {600, 600, true}, {600, 500, false}};
  for (const auto& known : cases) {
    Timeline timeline;
    timeline.stamp(0, 0);
    timeline.stamp(kFrameNs, kFrameNs);
    const int64_t pts = kFrameNs + known.ahead_s * kNanosPerSecond;
    const MediaTime time = timeline.stamp(pts, kFrameNs + known.waited_s * kNanosPerSecond);
    EXPECT_EQ(time, (MediaTime{0, known.believed ? pts : 2 * kFrameNs})) << known.ahead_s;
    EXPECT_EQ(timeline.doubted(), !known.believed);
  }
}

TEST(Timeline, DoubtfulFramesThatContradictEachOtherAreNeverBelieved) {
  Timeline timeline;
  const int64_t start = 200'000 * kNanosPerSecond;
  timeline.stamp(start);
  for (int frame = 1; frame <= 30; ++frame) {
    // Each an hour before the one before.
    const int64_t pts = start - frame * 3600 * kNanosPerSecond;
    EXPECT_EQ(timeline.stamp(pts), (MediaTime{0, start + frame * kFrameNs}));
  }
  EXPECT_EQ(timeline.stamp(start + 31 * kFrameNs), (MediaTime{0, start + 31 * kFrameNs}));
  EXPECT_FALSE(timeline.doubted());
}

TEST(Timeline, FramesWithoutPtsAreNoWitnesses) {
  Timeline timeline;
  const int64_t start = 100'000 * kNanosPerSecond;
  timeline.stamp(start);
  timeline.stamp(kFrameNs);
  for (int frame = 0; frame < 10; ++frame) EXPECT_EQ(timeline.stamp({}).timeline, 0U);
  EXPECT_EQ(timeline.stamp(12 * kFrameNs).timeline, 0U) << "the second";
  EXPECT_EQ(timeline.stamp(13 * kFrameNs), (MediaTime{1, 13 * kFrameNs}));
}

TEST(Timeline, TimeIsSkippedToTheLastMomentOfAGap) {
  Timeline timeline;
  EXPECT_FALSE(timeline.skip(kNanosPerSecond)) << "nothing before the first frame";
  timeline.stamp(0, 0);
  const int64_t end = 600 * kNanosPerSecond;
  EXPECT_EQ(timeline.skip(end), (MediaTime{0, end - 1}));
  EXPECT_FALSE(timeline.skip(end)) << "time does not move on";
  EXPECT_FALSE(timeline.skip(end - kNanosPerSecond));
  EXPECT_FALSE(timeline.skip(end + Timeline::kFileJumpNs + 1)) << "too long";
  EXPECT_FALSE(timeline.skip(INT64_MIN));
  EXPECT_FALSE(timeline.skip(INT64_MAX));
  EXPECT_EQ(timeline.stamp(end, 1), (MediaTime{0, end})) << "and so is believed, also live";
  timeline.restart();
  EXPECT_FALSE(timeline.skip(end + kFrameNs));
}

TEST(Timeline, RestartBeginsANewTimelineWithTheNextFrame) {
  Timeline timeline;
  timeline.restart();
  EXPECT_EQ(timeline.stamp(7), (MediaTime{0, 7})) << "nothing was interrupted";
  timeline.restart();
  EXPECT_EQ(timeline.stamp(kFrameNs), (MediaTime{1, kFrameNs}));
  EXPECT_TRUE(timeline.restarted());
  timeline.restart();
  EXPECT_EQ(timeline.stamp(std::nullopt), (MediaTime{2, 0}));
}

TEST(Timeline, CountersOf32BitsDoNotShowInIt) {
  for (const int shift : {31, 32, 33, 62}) {
    const int64_t edge = int64_t{1} << shift;
    Timeline timeline;
    for (const int64_t pts : {edge - 2 * kFrameNs, edge - kFrameNs, edge - 1, edge}) {
      EXPECT_EQ(timeline.stamp(pts), (MediaTime{0, pts})) << shift;
    }
    const int64_t next = timeline.stamp(std::nullopt).ns;
    EXPECT_GT(next, edge) << shift;
  }
}

TEST(Timeline, TheLargestTimesOverflowNothing) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  Timeline timeline;
  int64_t last = timeline.stamp(kLargest).ns;
  for (const std::optional<int64_t> pts :
       {std::optional<int64_t>(), std::optional(kLargest), std::optional(kLargest - 1)}) {
    const MediaTime time = timeline.stamp(pts);
    EXPECT_EQ(time.timeline, 0U);
    EXPECT_GT(time.ns, last);
    last = time.ns;
  }
  for (int frame = 0; frame < 2; ++frame) EXPECT_EQ(timeline.stamp(-kLargest).timeline, 0U);
  EXPECT_EQ(timeline.stamp(-kLargest), (MediaTime{1, 0})) << "and never negative";
}

TEST(Timeline, TimesRiseStrictlyWithinATimelineWhateverComes) {
  std::mt19937_64 random(7);
  Timeline timeline;
  MediaTime last;
  int64_t clock = 10 * kNanosPerSecond;
  for (int frame = 0; frame < 20'000; ++frame) {
    const uint64_t dice = random() % 100;
    std::optional<int64_t> pts = clock += kFrameNs;
    if (dice < 10) pts.reset();
    if (dice >= 10 && dice < 20) *pts -= static_cast<int64_t>(random() % (3 * kNanosPerSecond));
    if (dice == 99) clock = static_cast<int64_t>(random() % (100 * kNanosPerSecond));
    if (dice == 98) timeline.restart();
    const MediaTime time = timeline.stamp(pts);
    ASSERT_GE(time.timeline, last.timeline);
    ASSERT_EQ(timeline.restarted(), time.timeline != last.timeline);
    if (time.timeline == last.timeline) {
      ASSERT_GT(time.ns, last.ns);
    }
    last = time;
  }
}

}  // namespace
}  // namespace deepstack
