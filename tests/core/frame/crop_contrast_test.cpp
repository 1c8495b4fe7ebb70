#include "core/frame/crop_contrast.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

namespace deepstack {
namespace {

cv::Mat noise() {
  cv::Mat rgb(40, 20, CV_8UC3);
  cv::RNG random(7);
  random.fill(rgb, cv::RNG::NORMAL, cv::Scalar(90, 120, 140), cv::Scalar(15, 20, 10));
  return rgb;
}

TEST(CropContrast, EveryChannelGetsTheMeanAndTheDeviation) {
  cv::Mat rgb = noise();
  set_contrast(rgb, 48);
  cv::Scalar mean, deviation;
  cv::meanStdDev(rgb, mean, deviation);
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_NEAR(mean[channel], 127.5, 1.5);
    EXPECT_NEAR(deviation[channel], 48, 5);
  }
}

TEST(CropContrast, AnotherLampLeavesTheSamePicture) {
  cv::Mat day = noise();
  cv::Mat evening;
  cv::multiply(day, cv::Scalar(1.3, 0.8, 0.6), evening);
  set_contrast(day, 48);
  set_contrast(evening, 48);
  cv::Mat difference;
  cv::absdiff(day, evening, difference);
  EXPECT_LT(cv::mean(cv::mean(difference))[0], 4);
}

TEST(CropContrast, AFlatPictureStaysFlat) {
  cv::Mat rgb(8, 8, CV_8UC3, cv::Scalar(3, 200, 255));
  set_contrast(rgb, 48);
  EXPECT_EQ(cv::norm(rgb, cv::Mat(8, 8, CV_8UC3, cv::Scalar(128, 128, 128)), cv::NORM_INF), 0);
}

TEST(CropContrast, RoundsAsTheTrainingScript) {
  // nuisance.py standardise() of the same picture: [[10, 20], [30, 90]], one channel.
  cv::Mat rgb(2, 2, CV_8UC3);
  const int values[] = {10, 20, 30, 90};
  for (int i = 0; i < 4; ++i) {
    const auto value = static_cast<uchar>(values[i]);
    rgb.at<cv::Vec3b>(i / 2, i % 2) = {value, value, value};
  }
  set_contrast(rgb, 48);
  const int expected[] = {86, 101, 116, 206};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(rgb.at<cv::Vec3b>(i / 2, i % 2)[0], expected[i]) << i;
}

}  // namespace
}  // namespace deepstack
