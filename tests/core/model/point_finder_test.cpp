#include "core/model/point_finder.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

constexpr auto kFused = PointFinder::Detail::kFused;

PointFinder& finder() {
  static const std::unique_ptr<PointFinder> kFinder = [] {
    auto opened = PointFinder::open(
        {.folder = DEEPSTACK_SOURCE_DIR "/samples/model/default", .device = "cpu"});
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return *std::move(opened);
  }();
  return *kFinder;
}

// Somebody in a red coat on a street that is not quite grey.
cv::Mat street(int x, int y) {
  cv::Mat rgb(200, 240, CV_8UC3);
  cv::RNG random(4);
  random.fill(rgb, cv::RNG::UNIFORM, 100, 140);
  cv::GaussianBlur(rgb, rgb, {}, 2);
  cv::circle(rgb, {x + 20, y + 10}, 9, {220, 180, 150}, cv::FILLED);
  cv::rectangle(rgb, {x + 6, y + 20, 28, 36}, {210, 30, 30}, cv::FILLED);
  cv::rectangle(rgb, {x + 10, y + 56, 20, 34}, {25, 25, 70}, cv::FILLED);
  return rgb;
}

TEST(PointFinder, FindsTheCropWhereItIsNow) {
  const cv::Mat crop = street(20, 40)(cv::Rect(18, 38, 44, 94)).clone();
  for (const cv::Point at : {cv::Point(20, 40), cv::Point(150, 80)}) {
    const auto found = finder().find(street(at.x, at.y), crop, kFused);
    ASSERT_TRUE(found.ok()) << found.status().message();
    const cv::Rect box(at.x - 2, at.y - 2, 44, 94);
    EXPECT_TRUE(
        box.contains(cv::Point(static_cast<int>(found->fused.x), static_cast<int>(found->fused.y))))
        << found->fused.x << ", " << found->fused.y << " by " << found->fused.score << ", map "
        << found->fused_by_map.x << ", " << found->fused_by_map.y;
    EXPECT_GT(found->fused.score, 0.7F);
  }
}

TEST(PointFinder, EveryLevelHasAPointOfItsOwn) {
  const cv::Mat frame = street(20, 40);
  const auto found =
      finder().find(frame, frame(cv::Rect(18, 38, 100, 150)).clone(), PointFinder::Detail::kLevels);
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found->levels.size(), 3u);
  EXPECT_EQ(found->levels_by_map.size(), 3u);
}

TEST(PointFinder, ThePointIsAPixelOfTheFrame) {
  cv::Mat noise(150, 90, CV_8UC3);
  cv::RNG random(4);
  random.fill(noise, cv::RNG::UNIFORM, 0, 256);
  const auto found = finder().find(noise, noise(cv::Rect(0, 0, 90, 150)).clone(), kFused);
  ASSERT_TRUE(found.ok()) << found.status().message();
  for (const FramePoint& point : {found->fused, found->fused_by_map}) {
    EXPECT_TRUE(point.x >= 0 && point.x < 90) << point.x;
    EXPECT_TRUE(point.y >= 0 && point.y < 150) << point.y;
  }
  EXPECT_TRUE(found->levels.empty());
}

TEST(PointFinder, ACropThatDoesNotFitIsAnErrorThatSaysSo) {
  const cv::Mat frame = street(20, 40);
  const auto large = finder().find(frame, cv::Mat(300, 40, CV_8UC3), kFused);
  EXPECT_EQ(large.status().message(),
            "the crop is 40 x 300 pixels, must be 4 x 4 at least and fit the frame's 240 x 200");
  EXPECT_EQ(finder().find(frame, cv::Mat(3, 40, CV_8UC3), kFused).status().code(),
            StatusCode::kInvalid);
}

}  // namespace
}  // namespace deepstack
