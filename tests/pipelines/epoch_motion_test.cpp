// Motion that is gone on with after a kill sees what it would have seen.
#include "pipelines/index/epoch_motion.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

// Noise, and a thing that crosses the picture over and over.
cv::Mat frame_of(int64_t number) {
  cv::Mat rgb(120, 160, CV_8UC3);
  cv::RNG random(static_cast<uint64_t>(number));
  random.fill(rgb, cv::RNG::UNIFORM, 90, 110);
  cv::rectangle(rgb, cv::Rect(static_cast<int>(number * 2 % 140), 40, 16, 40), {250, 250, 250},
                cv::FILLED);
  return rgb;
}

std::vector<Detection> look(EpochMotion& motion, int64_t number) {
  auto found = motion.look(frame_of(number), number, static_cast<double>(number) / 25);
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? *found : std::vector<Detection>();
}

TEST(EpochMotion, GoesOnAsIfNothingHadBeen) {
  constexpr int64_t kKilledAfter = EpochMotion::kFrames + 40;
  EpochMotion whole;
  std::string state;
  std::vector<Detection> wanted;
  for (int64_t number = 1; number <= 2 * EpochMotion::kFrames + 10; ++number) {
    const std::vector<Detection> found = look(whole, number);
    if (number == kKilledAfter) {
      ByteWriter to;
      whole.save(to);
      state = to.take();
    }
    if (number > kKilledAfter) wanted.insert(wanted.end(), found.begin(), found.end());
  }
  EpochMotion resumed;
  ByteReader from(state);
  ASSERT_TRUE(resumed.restore(from) && from.done());
  EXPECT_EQ(resumed.first_frame(), EpochMotion::kFrames + 1);
  std::vector<Detection> found;
  for (int64_t number = resumed.first_frame(); number <= 2 * EpochMotion::kFrames + 10; ++number) {
    const std::vector<Detection> some = look(resumed, number);
    if (number > kKilledAfter) found.insert(found.end(), some.begin(), some.end());
  }
  ASSERT_GT(wanted.size(), 100U) << "nothing moved: nothing was tried";
  ASSERT_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].box, wanted[i].box) << i;
}

TEST(EpochMotion, StillThingsDoNotMoveWhereAnEpochBegins) {
  EpochMotion motion;
  const cv::Mat still = frame_of(1);
  for (int64_t number = 1; number <= 2 * EpochMotion::kFrames; ++number) {
    const auto found = motion.look(still, number, static_cast<double>(number) / 25);
    ASSERT_TRUE(found.ok());
    EXPECT_TRUE(found->empty()) << number;
  }
}

TEST(EpochMotion, DamagedStateIsRefused) {
  EpochMotion whole;
  for (int64_t number = 1; number <= EpochMotion::kFrames + 2; ++number) look(whole, number);
  ByteWriter to;
  whole.save(to);
  const std::string state = to.take();
  for (const size_t bytes : {size_t{0}, size_t{7}, state.size() / 2, state.size() - 1}) {
    EpochMotion motion;
    ByteReader from(std::string_view(state).substr(0, bytes));
    EXPECT_FALSE(motion.restore(from)) << bytes;
  }
}

}  // namespace
}  // namespace deepstack
