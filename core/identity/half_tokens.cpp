#include "core/identity/half_tokens.h"

#include <opencv2/core.hpp>

namespace deepstack {

std::vector<uint16_t> to_half(std::span<const float> values) {
  std::vector<uint16_t> half(values.size());
  const auto count = static_cast<int>(values.size());
  const cv::Mat from(1, count, CV_32F, const_cast<float*>(values.data()));
  cv::Mat to(1, count, CV_16F, half.data());
  from.convertTo(to, CV_16F);
  return half;
}

void to_float(std::span<const uint16_t> half, float* values) {
  const auto count = static_cast<int>(half.size());
  const cv::Mat from(1, count, CV_16F, const_cast<uint16_t*>(half.data()));
  cv::Mat to(1, count, CV_32F, values);
  from.convertTo(to, CV_32F);
}

}  // namespace deepstack
