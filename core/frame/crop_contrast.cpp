#include "core/frame/crop_contrast.h"

#include <cmath>

#include <opencv2/core.hpp>

namespace deepstack {

void set_contrast(cv::Mat& rgb, double deviation) {
  cv::Vec4d mean, spread;
  cv::meanStdDev(rgb, mean, spread);
  cv::Mat table(1, 256, CV_8UC3);
  for (int value = 0; value < 256; ++value) {
    for (int channel = 0; channel < 3; ++channel) {
      const double scaled =
          (value - mean[channel]) * (deviation / (spread[channel] + 1)) + 127.5;
      table.at<cv::Vec3b>(value)[channel] = cv::saturate_cast<uchar>(std::nearbyint(scaled));
    }
  }
  cv::LUT(rgb, table, rgb);
}

}  // namespace deepstack
