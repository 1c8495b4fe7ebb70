#include <gtest/gtest.h>

#include "core/proposal/proposer.h"

namespace deepstack {
namespace {

// Dark noise, the same at every run.
cv::Mat noise(int width, int height, int frame) {
  cv::Mat picture(height, width, CV_8UC3);
  cv::RNG random(static_cast<uint64_t>(frame + 1));
  random.fill(picture, cv::RNG::UNIFORM, 40, 56);
  return picture;
}

void draw(cv::Mat& picture, const Box& box) {
  const cv::Rect pixels(static_cast<int>(box.x), static_cast<int>(box.y),
                        static_cast<int>(box.width), static_cast<int>(box.height));
  picture(pixels & cv::Rect({0, 0}, picture.size())).setTo(cv::Scalar(200, 180, 160));
}

Box walker(int frame) { return {20 + 6 * static_cast<float>(frame), 80, 40, 100}; }

TEST(MotionProposals, AMovingThingIsBoxed) {
  for (const int width : {480, 960}) {
    const Proposer proposer = motion_proposer();
    const float scale = static_cast<float>(width) / 480;
    for (int frame = 0; frame < 60; ++frame) {
      Box box = walker(frame);
      box = {box.x * scale, box.y * scale, box.width * scale, box.height * scale};
      cv::Mat picture = noise(width, width * 9 / 16, frame);
      if (frame >= 5) draw(picture, box);
      const auto found = proposer({.rgb = picture, .number = frame + 1, .seconds = frame / 25.0});
      ASSERT_TRUE(found.ok());
      if (frame < 10) continue;
      ASSERT_EQ(found->size(), 1U) << frame;
      EXPECT_GT(iou(found->front().box, box), 0.5F) << frame;
      EXPECT_EQ(found->front().label, "object");
      EXPECT_GT(found->front().score, 0.5F);
    }
  }
}

TEST(MotionProposals, AStaticSceneHasNone) {
  const Proposer proposer = motion_proposer();
  for (int frame = 0; frame < 60; ++frame) {
    cv::Mat picture = noise(480, 270, frame);
    draw(picture, walker(0));
    const auto found = proposer({.rgb = picture, .number = frame + 1, .seconds = frame / 25.0});
    ASSERT_TRUE(found.ok());
    EXPECT_TRUE(found->empty()) << frame;
  }
}

TEST(MotionProposals, TwoThingsApartAreTwoBoxes) {
  const Proposer proposer = motion_proposer();
  for (int frame = 0; frame < 30; ++frame) {
    cv::Mat picture = noise(480, 270, frame);
    if (frame >= 5) {
      draw(picture, walker(frame));
      draw(picture, {400 - 4 * static_cast<float>(frame - 5), 20, 30, 50});
    }
    const auto found = proposer({.rgb = picture, .number = frame + 1, .seconds = frame / 25.0});
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->size(), frame < 5 ? 0U : 2U) << frame;
  }
}

TEST(MotionProposals, AFrameOfAnotherSizeBeginsAnew) {
  const Proposer proposer = motion_proposer();
  for (int frame = 0; frame < 20; ++frame) {
    const int width = frame < 10 ? 480 : 320;
    const auto found =
        proposer({.rgb = noise(width, 240, frame), .number = frame + 1, .seconds = frame / 25.0});
    ASSERT_TRUE(found.ok());
    EXPECT_TRUE(found->empty()) << frame;
  }
}

TEST(MotionProposals, FramesOfAnyShapeAreNoCrash) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(2, 1), cv::Size(1, 300), cv::Size(9, 9),
                              cv::Size(481, 1), cv::Size(16384, 1), cv::Size(1, 16384)}) {
    const Proposer proposer = motion_proposer();
    for (int frame = 0; frame < 5; ++frame) {
      const auto found = proposer({.rgb = noise(size.width, size.height, frame),
                                   .number = frame + 1,
                                   .seconds = frame / 25.0});
      ASSERT_TRUE(found.ok()) << size;
      for (const Detection& detection : *found) {
        EXPECT_LE(detection.box.right(), static_cast<float>(size.width) + 1) << size;
      }
    }
  }
}

TEST(MotionProposals, TimeThatStandsStillOrJumpsIsNoCrash) {
  const Proposer proposer = motion_proposer();
  int frame = 0;
  for (const double seconds : {0.0, 0.0, 1e9, 5.0, -3.0, 1e-9, 86'400.0}) {
    const auto found =
        proposer({.rgb = noise(64, 48, frame), .number = ++frame, .seconds = seconds});
    EXPECT_TRUE(found.ok());
  }
}

}  // namespace
}  // namespace deepstack
