#include "core/sampler.h"

#include <gtest/gtest.h>

#include <functional>

namespace deepstack {
namespace {

// How many of so many frames are taken, the time of each as given.
int64_t count_taken(Sampler& sampler, int64_t frames, const std::function<int64_t(int64_t)>& ns) {
  int64_t taken = 0;
  for (int64_t frame = 0; frame < frames; ++frame) taken += sampler.take({0, ns(frame)}) ? 1 : 0;
  return taken;
}

TEST(Sampler, AnIntervalTakesEveryNthFrameFromTheFirst) {
  for (const int interval : {1, 2, 3, 25}) {
    Sampler sampler(interval, 0, 1);
    for (int64_t frame = 0; frame < 100; ++frame) {
      EXPECT_EQ(sampler.take({0, frame * 40'000'000}), frame % interval == 0) << frame;
    }
  }
}

TEST(Sampler, ARateIsExactOverAnHour) {
  constexpr int64_t kMs = 1'000'000;
  const struct {
    const char* stream;
    std::function<int64_t(int64_t)> ns;
  } streams[] = {
      {"30 fps", [](int64_t n) { return n * kNanosPerSecond / 30; }},
      {"30 fps in ms", [](int64_t n) { return n * 1000 / 30 * kMs; }},
      {"29.97 fps", [](int64_t n) { return n * 1001 * kNanosPerSecond / 30'000; }},
      {"29.97 fps in ms", [](int64_t n) { return n * 1001 / 30 * kMs; }},
  };
  for (const auto& stream : streams) {
    for (const int rate : {1, 3, 10}) {
      Sampler sampler(1, rate, 1);
      int64_t frames = 0;
      while (stream.ns(frames) < 3600 * kNanosPerSecond - 2 * kMs) ++frames;
      EXPECT_EQ(count_taken(sampler, frames, stream.ns), 3600 * rate) << stream.stream << rate;
    }
  }
}

TEST(Sampler, FramesTakenByRateAreEvenlyApart) {
  Sampler sampler(1, 3, 1);
  for (int64_t frame = 0; frame < 3000; ++frame) {
    EXPECT_EQ(sampler.take({0, frame * 33'333'333}), frame % 10 == 0) << frame;
  }
}

TEST(Sampler, TheRateWinsOverTheInterval) {
  Sampler sampler(7, 5, 1);
  EXPECT_EQ(count_taken(sampler, 250, [](int64_t n) { return n * 40'000'000; }), 50);
}

TEST(Sampler, ARateMayBeAFraction) {
  Sampler slow(1, 1, 2);
  EXPECT_EQ(count_taken(slow, 250, [](int64_t n) { return n * 40'000'000; }), 5);
  Sampler television(1, 30'000, 1001);
  EXPECT_EQ(count_taken(television, 60'000, [](int64_t n) { return n * kNanosPerSecond / 60; }),
            29'970);
}

TEST(Sampler, ARateAboveTheStreamsTakesEveryFrame) {
  for (const int rate : {25, 26, 100, 1'000'000}) {
    Sampler sampler(1, rate, 1);
    EXPECT_EQ(count_taken(sampler, 100, [](int64_t n) { return n * 40'000'000; }), 100) << rate;
  }
}

TEST(Sampler, AGapInTheStreamIsNotCaughtUp) {
  Sampler sampler(1, 2, 1);
  EXPECT_TRUE(sampler.take({0, 0}));
  EXPECT_TRUE(sampler.take({0, 10 * kNanosPerSecond}));
  EXPECT_FALSE(sampler.take({0, 10 * kNanosPerSecond + 40'000'000}));
}

TEST(Sampler, ANewTimelineBeginsWithATakenFrame) {
  for (const int rate : {0, 1}) {
    Sampler sampler(10, rate, 1);
    EXPECT_TRUE(sampler.take({0, 50 * kNanosPerSecond}));
    EXPECT_FALSE(sampler.take({0, 50 * kNanosPerSecond + 1})) << rate;
    EXPECT_TRUE(sampler.take({1, 3})) << rate;
    EXPECT_FALSE(sampler.take({1, 4})) << rate;
  }
}

TEST(Sampler, TheLargestTimesAreTakenLikeOthers) {
  Sampler sampler(1, 1, 1);
  const int64_t edge = int64_t{1} << 62;
  EXPECT_TRUE(sampler.take({0, 0}));
  EXPECT_TRUE(sampler.take({0, edge}));
  EXPECT_FALSE(sampler.take({0, edge + 1'000'000}));
  EXPECT_TRUE(sampler.take({0, edge + kNanosPerSecond}));
}

}  // namespace
}  // namespace deepstack
