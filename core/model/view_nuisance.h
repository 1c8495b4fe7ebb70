// What may happen to a view without making it another's: light and picture quality, as in the
// training of the default model. Deterministic in the random numbers that are given. Any thread.
#pragma once

#include <random>

#include <opencv2/core/mat.hpp>

namespace deepstack {

// Another light on an RGB picture: gamma or gain, warm or cold white balance, at times grey.
cv::Mat relight(const cv::Mat& rgb, std::mt19937& random);

// Worse pictures: lower resolution, blur, compression; at times mirrored.
cv::Mat degrade(const cv::Mat& rgb, std::mt19937& random);

}  // namespace deepstack
