#include "core/time/clip_sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace deepstack {
namespace {

using Frames = std::vector<int64_t>;

Frames sampled(int64_t total, std::optional<double> fps, const ClipSampling& sampling = {}) {
  const Result<Frames> frames = sample_frames(total, fps, sampling);
  EXPECT_TRUE(frames.ok()) << frames.status().message();
  return frames.ok() ? *frames : Frames{};
}

TEST(ClipSampling, TwoFramesASecondFromTheFirstToTheLast) {
  const Frames frames = sampled(300, 30);
  ASSERT_EQ(frames.size(), 20U);
  EXPECT_EQ(Frames(frames.begin(), frames.begin() + 6), (Frames{0, 16, 31, 47, 63, 79}));
  EXPECT_EQ(frames.back(), 299);
}

TEST(ClipSampling, AtLeastFourAtMost768AndNeverMoreThanThereAre) {
  EXPECT_EQ(sampled(30, 30), (Frames{0, 10, 19, 29}));
  EXPECT_EQ(sampled(3, 30), (Frames{0, 1, 2}));
  EXPECT_EQ(sampled(1, 30), (Frames{0}));
  const Frames many = sampled(1'000'000, 25);
  EXPECT_EQ(many.size(), 768U);
  EXPECT_EQ(many.back(), 999'999);
  EXPECT_EQ(sampled(100, 10, {.fps = 1, .min_frames = 8, .max_frames = 4}).size(), 4U)
      << "the upper limit wins";
}

TEST(ClipSampling, HalvesGoToTheEvenFrame) {
  // Steps of 2.5: 0, 2.5, 5, 7.5, 10.
  EXPECT_EQ(sampled(11, 11, {.fps = 5, .min_frames = 1, .max_frames = 768}),
            (Frames{0, 2, 5, 8, 10}));
}

TEST(ClipSampling, AnUnknownRateIs24) {
  EXPECT_EQ(sampled(480, std::nullopt), sampled(480, 24));
  EXPECT_NE(sampled(480, std::nullopt), sampled(480, 25));
}

TEST(ClipSampling, APairHasTheMeanOfItsTimesInTheSource) {
  const auto shown = [](const Frames& frames, double fps) {
    std::string text;
    const Result<std::vector<double>> times = pair_times_s(frames, fps);
    EXPECT_TRUE(times.ok());
    for (const double time_s : *times) {
      std::array<char, 32> one{};
      std::snprintf(one.data(), one.size(), "%.1f ", time_s);
      text += one.data();
    }
    return text;
  };
  EXPECT_EQ(shown(sampled(300, 30), 30).substr(0, 16), "0.3 1.3 2.4 3.4 ");
  EXPECT_EQ(shown(sampled(30, 30), 30), "0.2 0.8 ");
  EXPECT_EQ(*pair_times_s(Frames{0, 10, 20}, 10), (std::vector<double>{0.5, 2})) << "odd";
  EXPECT_EQ(*pair_times_s(Frames{7}, 2), (std::vector<double>{3.5}));
}

TEST(ClipSampling, WrongInputsAreRefused) {
  for (const int64_t total : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(sample_frames(total, 25).status().code(), StatusCode::kInvalid) << total;
  }
  const double none[] = {0, -1, std::nan(""), std::numeric_limits<double>::infinity()};
  for (const double fps : none) {
    EXPECT_FALSE(sample_frames(10, fps).ok()) << fps;
    EXPECT_FALSE(sample_frames(10, 25, {.fps = fps}).ok()) << fps;
    EXPECT_FALSE(pair_times_s(Frames{0, 1}, fps).ok()) << fps;
  }
  EXPECT_EQ(sample_frames(10, 0.0).status().message(),
            "the source's rate is 0.000000 frames a second, not above 0");
  EXPECT_FALSE(sample_frames(10, 25, {.min_frames = 0}).ok());
  EXPECT_FALSE(sample_frames(10, 25, {.max_frames = 0}).ok());
  EXPECT_FALSE(sample_frames(10, 25, {.max_frames = INT64_MAX}).ok());
  EXPECT_FALSE(pair_times_s({}, 25).ok());
  EXPECT_EQ(sampled(10, 1e-300).size(), 10U) << "a rate so small that the count overflows";
}

}  // namespace
}  // namespace deepstack
