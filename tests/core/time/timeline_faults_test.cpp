// Rows F9 (time stamps that jump) and F26 (counters that run over) of the fault list, for the times
// of frames. Each prints `fault figure limit measured`.
#include <gtest/gtest.h>

#include <cstdio>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "core/sampler.h"
#include "core/time/timeline.h"

namespace deepstack {
namespace {

using Pts = std::optional<int64_t>;

constexpr int64_t kFrameNs = 40'000'000;
constexpr int64_t kStartNs = 40'000 * kNanosPerSecond;
constexpr int64_t kBack_s = 37'600;

// What 25 frames a second before and after some odd ones become.
struct Outcome {
  uint32_t timelines = 0;  // begun
  int not_rising = 0;      // times within a timeline that do not exceed the one before
  int negative = 0;
  int64_t farthest_ns = 0;  // largest step within a timeline
  bool any = false;
  MediaTime last;
};

void take(Outcome& outcome, MediaTime time) {
  outcome.negative += time.ns < 0 ? 1 : 0;
  if (std::exchange(outcome.any, true) && time.timeline == outcome.last.timeline) {
    outcome.not_rising += time.ns <= outcome.last.ns ? 1 : 0;
    outcome.farthest_ns = std::max(outcome.farthest_ns, time.ns - outcome.last.ns);
  }
  outcome.timelines += time.timeline != outcome.last.timeline ? 1 : 0;
  outcome.last = time;
}

// 50 frames, then the odd ones, then 50 more at `after` seconds from where the clock would be.
// Live: they come as fast as they should.
Outcome play(const std::vector<Pts>& odd, double after_s, bool live) {
  Timeline timeline;
  Outcome outcome;
  int64_t clock = 0;
  const auto show = [&](Pts pts) {
    const Pts arrival = live ? Pts(7 + clock) : Pts();
    take(outcome, timeline.stamp(pts, arrival));
    clock += kFrameNs;
  };
  for (int frame = 0; frame < 50; ++frame) show(kStartNs + clock);
  for (const Pts& pts : odd) show(pts);
  const auto shift = static_cast<int64_t>(after_s * 1e9);
  for (int frame = 0; frame < 50; ++frame) show(kStartNs + clock + shift);
  return outcome;
}

TEST(F9, TimeStampsThatJumpLeaveTimesRisingAndOnlyThreeInARowBeginATimeline) {
  const int64_t next = kStartNs + 50 * kFrameNs;
  const int64_t back = next - kBack_s * kNanosPerSecond;
  const int64_t far = next + kBack_s * kNanosPerSecond;
  const double kGone = -static_cast<double>(kBack_s);
  struct {
    const char* name;
    std::vector<Pts> odd;
    double after_s;
    uint32_t timelines;
    int64_t farthest_ns;
  } const cases[] = {
      {"+5 s", {next + 5 * kNanosPerSecond}, 5, 0, 5 * kNanosPerSecond + kFrameNs},
      {"-37600 s once", {back}, 0, 0, kFrameNs},
      {"-37600 s twice", {back, back + kFrameNs}, 0, 0, kFrameNs},
      {"-37600 s x3", {back, back + kFrameNs, back + 2 * kFrameNs}, kGone, 1, kFrameNs},
      {"-37600 s x3 equal", {back, back, back}, kGone, 1, 3 * kFrameNs},
      {"+37600 s once", {far}, 0, 0, kFrameNs},
      {"+37600 s twice", {far, far + kFrameNs}, 0, 0, kFrameNs},
      {"equal", {next - kFrameNs, next - kFrameNs, next - kFrameNs}, 0, 0, 4 * kFrameNs},
      {"NONE", {{}, {}, {}}, 0, 0, kFrameNs},
      {"0 once", {0}, 0, 0, kFrameNs},
      {"2^63 - 1 once", {std::numeric_limits<int64_t>::max()}, 0, 0, kFrameNs},
      {"-2^63 once", {std::numeric_limits<int64_t>::min()}, 0, 0, kFrameNs},
  };
  for (const bool live : {false, true}) {
    for (const auto& known : cases) {
      const Outcome outcome = play(known.odd, known.after_s, live);
      std::printf("F9 %s, %s: new timelines %u %u, times that do not rise 0 %d\n", known.name,
                  live ? "live" : "file", known.timelines, outcome.timelines, outcome.not_rising);
      EXPECT_EQ(outcome.timelines, known.timelines) << known.name << live;
      EXPECT_EQ(outcome.not_rising, 0) << known.name << live;
      EXPECT_EQ(outcome.negative, 0) << known.name << live;
      EXPECT_LE(outcome.farthest_ns, known.farthest_ns) << known.name << live;
    }
  }
}

// Streams made of every kind of jump; whatever came, times rise, and good frames are believed
// again.
TEST(F9, AnySequenceOfJumpsLeavesTimesRising) {
  constexpr int kStreams = 2000;
  constexpr int kFrames = 200;
  int not_rising = 0, negative = 0, not_recovered = 0;
  for (int stream = 0; stream < kStreams; ++stream) {
    std::mt19937_64 random(static_cast<uint64_t>(stream));
    Timeline timeline;
    Outcome outcome;
    int64_t clock = static_cast<int64_t>(random() >> 1U);
    int64_t arrival = 0;
    const bool live = random() % 2 == 0;
    for (int frame = 0; frame < kFrames; ++frame) {
      const bool calm = frame >= kFrames - 10;  // ten good ones in the end
      const uint64_t dice = calm ? 100 : random() % 40;
      clock = clock > std::numeric_limits<int64_t>::max() - kFrameNs ? 0 : clock + kFrameNs;
      arrival += kFrameNs;
      Pts pts = clock;
      if (dice == 0) pts.reset();
      if (dice == 1) pts = static_cast<int64_t>(random());
      if (dice == 2) pts = static_cast<int64_t>(random() >> (1 + random() % 63));
      if (dice == 3) clock = static_cast<int64_t>(random() >> (1 + random() % 63));
      if (dice == 4) arrival += static_cast<int64_t>(random() >> (20 + random() % 40));
      if (dice == 5) timeline.restart();
      if (dice == 6) pts = outcome.last.ns;
      const bool gap = dice == 7;
      const std::optional<MediaTime> time =
          gap ? timeline.skip(static_cast<int64_t>(random() >> (random() % 63)))
              : timeline.stamp(pts, live ? Pts(arrival) : Pts());
      if (time) take(outcome, *time);
    }
    not_rising += outcome.not_rising;
    negative += outcome.negative;
    not_recovered += timeline.doubted() ? 1 : 0;
  }
  std::printf("F9 random jumps: not rising 0 %d, negative 0 %d, not recovered 0 %d\n", not_rising,
              negative, not_recovered);
  EXPECT_EQ(not_rising + negative + not_recovered, 0);
}

TEST(F26, NoTimeStampOfAnySizeShowsInTheTimes) {
  const int64_t edges[] = {int64_t{1} << 31, int64_t{1} << 32, (int64_t{1} << 32) * 1'000'000,
                           int64_t{1} << 53, int64_t{1} << 62};
  int jumps = 0;
  for (const int64_t edge : edges) {
    Timeline timeline;
    Sampler sampler(1, 25, 1);
    for (int64_t pts = edge - 10 * kFrameNs; pts < edge + 10 * kFrameNs; pts += kFrameNs) {
      if (pts < 0) continue;
      const MediaTime time = timeline.stamp(pts);
      jumps += time == MediaTime{0, pts} ? 0 : 1;
      jumps += sampler.take(time) ? 0 : 1;
    }
  }
  std::printf("F26 jumps at 2^31, 2^32, 2^32 ms, 2^53, 2^62 ns 0 %d\n", jumps);
  EXPECT_EQ(jumps, 0);
}

TEST(F26, AtTheLastTimeThereIsTimesStillRise) {
  for (const bool live : {false, true}) {
    Timeline timeline;
    Sampler sampler(1, 1'000'000, 1);
    Outcome outcome;
    int64_t arrival = std::numeric_limits<int64_t>::max() - 100 * kFrameNs;
    for (int frame = 0; frame < 100; ++frame, arrival += kFrameNs) {
      // The first is at 0, and three in a row are believed: the longest time that can be sampled.
      const int64_t pts = frame == 0 ? 0 : std::numeric_limits<int64_t>::max() - 100 + frame;
      const MediaTime time = timeline.stamp(pts, live ? Pts(arrival) : Pts());
      take(outcome, time);
      sampler.take(time);
      timeline.skip(std::numeric_limits<int64_t>::max());
    }
    std::printf("F26 2^63 - 1 ns, %s: times that do not rise 0 %d\n", live ? "live" : "file",
                outcome.not_rising);
    EXPECT_EQ(outcome.not_rising + outcome.negative, 0);
    EXPECT_GT(outcome.last.ns, int64_t{1} << 62);
    EXPECT_EQ(outcome.last.timeline, 0U);
  }
}

}  // namespace
}  // namespace deepstack
