#include "core/identity/kalman_box.h"

#include <algorithm>

namespace deepstack {
namespace {

constexpr int kMeasured = 4;
constexpr int kState = 8;

// Standard deviations in box heights. A walker covers 0.8 heights a second and can stop or turn
// within two; a detector's box is off by a twentieth (ByteTrack, Zhang et al. 2022, uses 1/20 too).
constexpr float kMeasurementNoise = 0.05F;
constexpr float kFirstVelocity = 0.8F;
constexpr float kAcceleration = 0.5F;
constexpr float kSizeAcceleration = 0.15F;

cv::Vec4f measurement(const Box& box) {
  return {box.x + box.width / 2, box.y + box.height / 2, box.width, box.height};
}

float square(float x) { return x * x; }

}  // namespace

KalmanBox::KalmanBox(const Box& box) : filter_(kState, kMeasured, 0, CV_32F) {
  cv::setIdentity(filter_.measurementMatrix);
  const cv::Vec4f seen = measurement(box);
  const float height = std::max(1.0F, box.height);
  filter_.errorCovPost = cv::Mat::zeros(kState, kState, CV_32F);
  for (int i = 0; i < kMeasured; ++i) {
    filter_.statePost.at<float>(i) = seen[i];
    filter_.errorCovPost.at<float>(i, i) = square(2 * kMeasurementNoise * height);
    filter_.errorCovPost.at<float>(i + kMeasured, i + kMeasured) = square(kFirstVelocity * height);
  }
}

void KalmanBox::predict(double seconds) {
  const auto dt = static_cast<float>(seconds);
  const float height = std::max(1.0F, filter_.statePost.at<float>(3));
  cv::setIdentity(filter_.transitionMatrix);
  filter_.processNoiseCov = cv::Mat::zeros(kState, kState, CV_32F);
  for (int i = 0; i < kMeasured; ++i) {
    const int v = i + kMeasured;
    filter_.transitionMatrix.at<float>(i, v) = dt;
    // White acceleration of this variance a second, integrated: [dt^3/3 dt^2/2; dt^2/2 dt] times it.
    const float variance = square((i < 2 ? kAcceleration : kSizeAcceleration) * height);
    filter_.processNoiseCov.at<float>(i, i) = variance * dt * dt * dt / 3;
    filter_.processNoiseCov.at<float>(i, v) = variance * dt * dt / 2;
    filter_.processNoiseCov.at<float>(v, i) = variance * dt * dt / 2;
    filter_.processNoiseCov.at<float>(v, v) = variance * dt;
  }
  filter_.predict();
}

void KalmanBox::correct(const Box& box) {
  const float height = std::max(1.0F, box.height);
  cv::setIdentity(filter_.measurementNoiseCov, square(kMeasurementNoise * height));
  filter_.correct(cv::Mat(measurement(box)));
}

void KalmanBox::rescale(float across, float down) {
  cv::Mat scale = cv::Mat::eye(kState, kState, CV_32F);
  for (int i = 0; i < kState; ++i) scale.at<float>(i, i) = i % 2 == 0 ? across : down;
  filter_.statePost = scale * filter_.statePost;
  filter_.errorCovPost = scale * filter_.errorCovPost * scale;
}

void KalmanBox::save(ByteWriter& to) const {
  for (int i = 0; i < kState; ++i) {
    to.put(filter_.statePost.at<float>(i));
    for (int j = 0; j < kState; ++j) to.put(filter_.errorCovPost.at<float>(i, j));
  }
}

KalmanBox KalmanBox::restore(ByteReader& from) {
  KalmanBox box(Box{});
  for (int i = 0; i < kState; ++i) {
    from.get(box.filter_.statePost.at<float>(i));
    for (int j = 0; j < kState; ++j) from.get(box.filter_.errorCovPost.at<float>(i, j));
  }
  return box;
}

Box KalmanBox::box() const {
  const cv::Mat& s = filter_.statePost;
  const float width = std::max(1.0F, s.at<float>(2));
  const float height = std::max(1.0F, s.at<float>(3));
  return {s.at<float>(0) - width / 2, s.at<float>(1) - height / 2, width, height};
}

Box KalmanBox::box_in(double seconds) const {
  const cv::Mat& s = filter_.statePost;
  const auto dt = static_cast<float>(seconds);
  const auto ahead = [&](int i) { return s.at<float>(i) + dt * s.at<float>(i + kMeasured); };
  const float width = std::max(1.0F, ahead(2));
  const float height = std::max(1.0F, ahead(3));
  return {ahead(0) - width / 2, ahead(1) - height / 2, width, height};
}

float KalmanBox::distance(const Box& box) const {
  const cv::Vec4f seen = measurement(box);
  const float noise = square(kMeasurementNoise * std::max(1.0F, box.height));
  const float a = filter_.errorCovPost.at<float>(0, 0) + noise;
  const float b = filter_.errorCovPost.at<float>(0, 1);
  const float d = filter_.errorCovPost.at<float>(1, 1) + noise;
  const float dx = seen[0] - filter_.statePost.at<float>(0);
  const float dy = seen[1] - filter_.statePost.at<float>(1);
  const float determinant = std::max(1e-6F, a * d - b * b);
  return (d * dx * dx - 2 * b * dx * dy + a * dy * dy) / determinant;
}

}  // namespace deepstack
