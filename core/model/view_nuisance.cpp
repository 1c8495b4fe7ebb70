#include "core/model/view_nuisance.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/uniform.h"

namespace deepstack {
namespace {

constexpr int kSmallestSide = 8;

}  // namespace

cv::Mat relight(const cv::Mat& rgb, std::mt19937& random) {
  const double exposure = uniform(random, 0, 1);
  const double gamma = exposure < 0.6 ? std::exp(uniform(random, -0.95, 0.95)) : 1;
  const double gain = exposure >= 0.6 ? std::exp(uniform(random, -1.5, 0.3)) : 1;
  const double warmth = uniform(random, 0, 1) < 0.4 ? uniform(random, -0.4, 0.4) : 0;
  const bool grey = uniform(random, 0, 1) < 0.15;
  const std::array<double, 3> balance{1 + warmth, 1, 1 - warmth};
  cv::Mat table(1, 256, CV_8UC3);
  for (int value = 0; value < 256; ++value) {
    const double level = gain * std::pow(value / 255.0, gamma);
    for (int channel = 0; channel < 3; ++channel) {
      table.at<cv::Vec3b>(0, value)[channel] =
          cv::saturate_cast<uchar>(255 * level * balance[static_cast<size_t>(channel)]);
    }
  }
  cv::Mat lit;
  cv::LUT(rgb, table, lit);
  if (!grey) return lit;
  cv::Mat flat;
  cv::cvtColor(lit, flat, cv::COLOR_RGB2GRAY);
  cv::cvtColor(flat, lit, cv::COLOR_GRAY2RGB);
  return lit;
}

cv::Mat degrade(const cv::Mat& rgb, std::mt19937& random) {
  cv::Mat picture = rgb.clone();
  if (uniform(random, 0, 1) < 0.5) {
    const double scale = uniform(random, 0.35, 1);
    cv::resize(picture, picture,
               {std::max(kSmallestSide, static_cast<int>(scale * rgb.cols)),
                std::max(kSmallestSide, static_cast<int>(scale * rgb.rows))},
               0, 0, cv::INTER_AREA);
  }
  if (uniform(random, 0, 1) < 0.3) {
    cv::GaussianBlur(picture, picture, {}, uniform(random, 0.4, 1.2) * picture.rows / 100 + 0.1);
  }
  if (uniform(random, 0, 1) < 0.5) {
    std::vector<uchar> code;
    cv::imencode(".jpg", picture, code,
                 {cv::IMWRITE_JPEG_QUALITY, static_cast<int>(uniform(random, 30, 95))});
    picture = cv::imdecode(code, cv::IMREAD_COLOR);
  }
  if (uniform(random, 0, 1) < 0.5) cv::flip(picture, picture, 1);
  return picture;
}

}  // namespace deepstack
