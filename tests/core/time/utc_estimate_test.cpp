#include "core/time/utc_estimate.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace deepstack {
namespace {

constexpr int64_t kSecond = kNanosPerSecond;
constexpr int64_t kFrameNs = 40'000'000;
constexpr int64_t kNoonNs = 1'800'000'000 * kSecond;  // UTC of the stream's time 0
constexpr int64_t kBaseNs = 1000;

// Frames at 25 a second that all know their UTC.
class Frames {
 public:
  // Shows frames for this long, whose clock is this far from right.
  void show(int64_t for_ns, int64_t off_ns) {
    for (const int64_t end = now_ns + for_ns; now_ns < end; now_ns += kFrameNs) {
      estimate.observe(now_ns, kNoonNs + now_ns + off_ns);
      const int64_t unix_ns = estimate.at(now_ns)->unix_ns;
      if (unix_ns <= last_ns_) ++falls;
      last_ns_ = unix_ns;
    }
  }
  // How far the estimate is from right.
  int64_t off_ns() const { return estimate.at(now_ns)->unix_ns - kNoonNs - now_ns; }

  UtcEstimate estimate{kBaseNs};
  int64_t now_ns = 0;
  int falls = 0;

 private:
  int64_t last_ns_ = 0;
};

TEST(UtcEstimate, NothingIsKnownBeforeTheFirstObservation) {
  EXPECT_FALSE(UtcEstimate(kBaseNs).at(0));
}

TEST(UtcEstimate, BetweenObservationsTheStreamsTimeGoesOnAndTheErrorGrows) {
  UtcEstimate estimate(kBaseNs);
  estimate.observe(7 * kSecond, kNoonNs);
  const auto at_once = estimate.at(7 * kSecond);
  EXPECT_EQ(at_once->unix_ns, kNoonNs);
  EXPECT_EQ(at_once->error_ns, kBaseNs);
  EXPECT_FALSE(at_once->stepped);
  const auto later = estimate.at(3607 * kSecond);
  EXPECT_EQ(later->unix_ns, kNoonNs + 3600 * kSecond);
  EXPECT_EQ(later->error_ns, kBaseNs + 360'000'000) << "100 ppm";
  EXPECT_EQ(estimate.at(0)->unix_ns, kNoonNs - 7 * kSecond);
}

TEST(UtcEstimate, ASmallCorrectionIsFollowedSlowlyAndNeverBackwards) {
  for (const int64_t off_ns : {4 * kSecond, -4 * kSecond, 300'000'000L, -300'000'000L}) {
    Frames frames;
    frames.show(10 * kSecond, 0);
    frames.show(kSecond, off_ns);
    EXPECT_LE(std::abs(frames.off_ns()), kSecond / 18) << "a twentieth of the time that passed";
    EXPECT_GE(frames.estimate.at(frames.now_ns)->error_ns, std::abs(off_ns) - kSecond / 18);
    frames.show(90 * kSecond, off_ns);
    EXPECT_EQ(frames.off_ns(), off_ns) << "and reached";
    EXPECT_LE(frames.estimate.at(frames.now_ns)->error_ns, kBaseNs + kFrameNs / 10'000);
    EXPECT_EQ(frames.falls, 0);
    EXPECT_FALSE(frames.estimate.at(frames.now_ns)->stepped);
  }
}

TEST(UtcEstimate, AStepIsBelievedOnceThreeFramesSaySo) {
  for (const int64_t off_ns : {6 * kSecond, 3600 * kSecond, -3600 * kSecond}) {
    Frames frames;
    frames.show(10 * kSecond, 0);
    frames.show(2 * kFrameNs, off_ns);
    EXPECT_EQ(frames.off_ns(), 0);
    EXPECT_TRUE(frames.estimate.at(frames.now_ns)->stepped) << "it seems to";
    frames.show(kFrameNs, off_ns);
    EXPECT_EQ(frames.off_ns(), off_ns);
    EXPECT_TRUE(frames.estimate.at(frames.now_ns)->stepped);
    frames.show(UtcEstimate::kSettleNs - 2 * kFrameNs, off_ns);
    EXPECT_TRUE(frames.estimate.at(frames.now_ns - kFrameNs)->stepped);
    frames.show(2 * kFrameNs, off_ns);
    EXPECT_FALSE(frames.estimate.at(frames.now_ns)->stepped);
  }
}

TEST(UtcEstimate, AFrameOrTwoThatAreOffChangeNothing) {
  Frames frames;
  frames.show(10 * kSecond, 0);
  for (const int64_t off_ns : {3600 * kSecond, -3600 * kSecond, 3600 * kSecond}) {
    frames.show(kFrameNs, off_ns);
    EXPECT_TRUE(frames.estimate.at(frames.now_ns)->stepped);
    EXPECT_EQ(frames.off_ns(), 0) << "they contradict each other";
  }
  frames.show(kFrameNs, 0);
  EXPECT_EQ(frames.off_ns(), 0);
  EXPECT_FALSE(frames.estimate.at(frames.now_ns)->stepped);
}

TEST(UtcEstimate, JitterIsWithinTheErrorThatIsSaid) {
  std::mt19937_64 random(3);
  Frames frames;
  frames.show(kSecond, 0);
  for (int frame = 0; frame < 2000; ++frame) {
    frames.show(kFrameNs, static_cast<int64_t>(random() % 20'000'000) - 10'000'000);
    ASSERT_LE(std::abs(frames.off_ns()), 10'000'000);
  }
  EXPECT_EQ(frames.falls, 0);
}

TEST(UtcEstimate, TheLargestTimesOverflowNothing) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  for (const int64_t stream_ns : {int64_t{0}, kLargest}) {
    for (const int64_t unix_ns : {int64_t{0}, kNoonNs, kLargest}) {
      UtcEstimate estimate(kBaseNs);
      estimate.observe(stream_ns, unix_ns);
      for (int frame = 0; frame < 4; ++frame) estimate.observe(kLargest - stream_ns, unix_ns);
      for (const int64_t at_ns : {int64_t{0}, kLargest}) {
        EXPECT_GE(estimate.at(at_ns)->error_ns, 0);
      }
    }
  }
}

}  // namespace
}  // namespace deepstack
