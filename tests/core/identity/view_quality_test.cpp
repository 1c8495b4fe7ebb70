#include "core/identity/view_quality.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

cv::Mat textured(int width = 400, int height = 300) {
  cv::Mat rgb(height, width, CV_8UC3);
  cv::RNG random(3);
  random.fill(rgb, cv::RNG::UNIFORM, 0, 256);
  return rgb;
}

// Squares of 12 pixels, their edges this soft.
cv::Mat chequered(double softness) {
  cv::Mat rgb(300, 400, CV_8UC3);
  for (int y = 0; y < rgb.rows; ++y) {
    for (int x = 0; x < rgb.cols; ++x) {
      const int value = (x / 12 + y / 12) % 2 == 0 ? 40 : 200;
      rgb.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<uchar>(value));
    }
  }
  if (softness > 0) cv::GaussianBlur(rgb, rgb, {}, softness);
  return rgb;
}

Detection at(float x, float y, float width = 40, float height = 100) {
  return {.box = {x, y, width, height}, .label = "person"};
}

TEST(ViewQuality, AFreeSharpLargeViewIsOfTheBestKind) {
  EXPECT_FLOAT_EQ(view_quality(0, {at(100, 100)}, textured()), 1);
}

TEST(ViewQuality, WhoStandsBehindIsHidden) {
  const std::vector<Detection> pair{at(100, 100), at(120, 110)};
  EXPECT_NEAR(hidden_share(0, pair), 0.5F * 0.9F, 1e-5);
  EXPECT_EQ(hidden_share(1, pair), 0) << "its feet are lower: it stands in front";
  const std::vector<Detection> level{at(100, 100), at(120, 100)};
  EXPECT_GT(hidden_share(0, level) + hidden_share(1, level), 0) << "one of two hides the other";
  EXPECT_LT(view_quality(0, pair, textured()), 0.6F);
}

TEST(ViewQuality, HidingIsNeverMoreThanAll) {
  EXPECT_EQ(hidden_share(0, {at(100, 100), at(100, 101), at(100, 102)}), 1);
  EXPECT_EQ(view_quality(0, {at(100, 100), at(100, 101), at(100, 102)}, textured()), 0);
}

TEST(ViewQuality, TheBorderTheSizeAndTheFocusCount) {
  const cv::Mat rgb = textured();
  EXPECT_FLOAT_EQ(view_quality(0, {at(0, 100)}, rgb), 0.5F);
  EXPECT_FLOAT_EQ(view_quality(0, {at(0, 200)}, rgb), 0.25F);
  EXPECT_FLOAT_EQ(view_quality(0, {at(100, 100, 10, 24)}, rgb), 0.5F);
  EXPECT_FLOAT_EQ(view_quality(0, {at(100, 100)}, chequered(0)), 1);
  EXPECT_LT(view_quality(0, {at(100, 100)}, chequered(3)), 0.8F);
  EXPECT_GE(view_quality(0, {at(100, 100)}, chequered(3)), 0.4F);
}

TEST(ViewQuality, BoxesThatAreNoneHaveNone) {
  const cv::Mat rgb = textured();
  for (const Detection& odd : {at(-100, 100), at(100, 100, 0, 0), at(500, 500), at(100, 100, 1, 1)}) {
    EXPECT_LE(view_quality(0, {odd}, rgb), 0.05F);
  }
}

}  // namespace
}  // namespace deepstack
