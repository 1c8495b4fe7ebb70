#include "core/proposal/motion_background.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

constexpr int kWorkingWidth = 480;         // pixels; motion needs no more
constexpr double kBackgroundSeconds = 20;  // how long a thing stands before it is background
constexpr double kVarianceThreshold = 20;
constexpr int kSettlingFrames = 2;        // before this all is foreground
constexpr double kLeastAreaShare = 8e-4;  // of the picture
constexpr double kLargestAreaShare = 0.5;
constexpr float kLeastFill = 0.25F;  // share of a box that moves
constexpr float kScore = 0.6F;       // motion says nothing of how sure it is

cv::Ptr<cv::BackgroundSubtractorMOG2> new_background() {
  return cv::createBackgroundSubtractorMOG2(200, kVarianceThreshold, /*detectShadows=*/true);
}

std::vector<Detection> boxes_of(const cv::Mat& mask, const cv::Size& frame) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(mask, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  const double scale_x = static_cast<double>(frame.width) / mask.cols;
  const double scale_y = static_cast<double>(frame.height) / mask.rows;
  std::vector<Detection> detections;
  for (const auto& contour : contours) {
    const cv::Rect box = cv::boundingRect(contour);
    const double share = static_cast<double>(box.area()) / static_cast<double>(mask.total());
    const double fill = cv::countNonZero(mask(box)) / static_cast<double>(box.area());
    if (share < kLeastAreaShare || share > kLargestAreaShare || fill < kLeastFill) continue;
    detections.push_back(
        {.box = {static_cast<float>(box.x * scale_x), static_cast<float>(box.y * scale_y),
                 static_cast<float>(box.width * scale_x), static_cast<float>(box.height * scale_y)},
         .score = kScore,
         .label = "object"});
  }
  return detections;
}

}  // namespace

MotionBackground::MotionBackground(const State& state)
    : size_(state.picture.size()), last_seconds_(state.last_seconds), frames_(state.frames) {
  if (state.picture.empty()) return;
  background_ = new_background();
  cv::Mat nothing;
  background_->apply(state.picture, nothing, 1);
}

MotionBackground::State MotionBackground::state() const {
  State state{.picture = {}, .last_seconds = last_seconds_, .frames = frames_};
  if (background_ != nullptr) background_->getBackgroundImage(state.picture);
  return state;
}

cv::Mat MotionBackground::moving_pixels(const cv::Mat& rgb, double seconds) {
  const double scale = std::min(1.0, static_cast<double>(kWorkingWidth) / rgb.cols);
  const cv::Size size(cv::saturate_cast<int>(rgb.cols * scale),
                      std::max(1, cv::saturate_cast<int>(rgb.rows * scale)));
  cv::Mat small, mask;
  cv::resize(rgb, small, size, 0, 0, cv::INTER_AREA);
  if (small.size() != size_) {
    *this = MotionBackground();
    background_ = new_background();
    size_ = small.size();
  }
  const double elapsed = std::max(0.0, seconds - last_seconds_);
  last_seconds_ = seconds;
  // The background follows media time, not frames, so that sampling slower changes nothing.
  const double rate = frames_ == 0 ? 1 : std::clamp(elapsed / kBackgroundSeconds, 1e-3, 0.2);
  ++frames_;
  background_->apply(small, mask, rate);
  cv::threshold(mask, mask, 200, 255, cv::THRESH_BINARY);  // shadows are 127
  cv::morphologyEx(mask, mask, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  // People are taller than wide: parts that lie above each other belong together.
  cv::morphologyEx(mask, mask, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {5, 15}));
  return mask;
}

std::vector<Detection> MotionBackground::look(const cv::Mat& rgb, double seconds) {
  const cv::Mat mask = moving_pixels(rgb, seconds);
  if (frames_ <= kSettlingFrames) return {};
  return boxes_of(mask, rgb.size());
}

}  // namespace deepstack
