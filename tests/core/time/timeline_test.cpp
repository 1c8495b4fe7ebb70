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

TEST(Timeline, APtsThatFallsBackBeginsANewTimeline) {
  for (const int64_t back : {Timeline::kReorderToleranceNs + 1, 37'600 * kNanosPerSecond}) {
    Timeline timeline;
    const int64_t last = 40'000 * kNanosPerSecond;
    timeline.stamp(last);
    EXPECT_EQ(timeline.stamp(last - back), (MediaTime{1, last - back}));
    EXPECT_TRUE(timeline.restarted());
    EXPECT_EQ(timeline.stamp(last - back + kFrameNs), (MediaTime{1, last - back + kFrameNs}));
    EXPECT_FALSE(timeline.restarted()) << "only the first frame of a timeline is told so";
  }
}

TEST(Timeline, AJumpForwardStaysInTheTimeline) {
  Timeline timeline;
  timeline.stamp(0);
  EXPECT_EQ(timeline.stamp(5 * kNanosPerSecond), (MediaTime{0, 5 * kNanosPerSecond}));
  EXPECT_EQ(timeline.stamp(86'400 * kNanosPerSecond), (MediaTime{0, 86'400 * kNanosPerSecond}));
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
  EXPECT_EQ(timeline.stamp(-kLargest).timeline, 1U);
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
