#include "core/model/view_nuisance.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

namespace deepstack {
namespace {

cv::Mat gradient(int rows, int columns) {
  cv::Mat picture(rows, columns, CV_8UC3);
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      picture.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<uchar>(40 + 3 * y), static_cast<uchar>(60 + 5 * x), 120);
    }
  }
  return picture;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(ViewNuisance, TheSameNumbersGiveTheSamePicture) {
  const cv::Mat picture = gradient(48, 24);
  const auto make = [&](uint32_t seed) {
    std::mt19937 random(seed);
    return degrade(relight(picture, random), random);
  };
  int different = 0;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    EXPECT_TRUE(same(make(seed), make(seed)));
    different += !same(make(seed), picture);
  }
  EXPECT_GT(different, 18);
}

TEST(ViewNuisance, RelightingKeepsTheSizeTheOriginalAndTheOrderOfLightAndDark) {
  const cv::Mat picture = gradient(48, 24);
  const cv::Mat before = picture.clone();
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const cv::Mat lit = relight(picture, random);
    ASSERT_EQ(lit.type(), CV_8UC3);
    ASSERT_EQ(lit.size(), picture.size());
    EXPECT_LE(lit.at<cv::Vec3b>(0, 0)[0], lit.at<cv::Vec3b>(47, 0)[0]) << seed;
  }
  EXPECT_TRUE(same(picture, before));
}

TEST(ViewNuisance, TheSmallestPictureSurvives) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const cv::Mat worse = degrade(relight(gradient(8, 8), random), random);
    EXPECT_EQ(worse.size(), cv::Size(8, 8));
    EXPECT_EQ(worse.type(), CV_8UC3);
  }
}

}  // namespace
}  // namespace deepstack
