#include <algorithm>

#include <opencv2/imgproc.hpp>
#include <opencv2/video/background_segm.hpp>

#include "core/proposal/proposer.h"

namespace deepstack {
namespace {

constexpr int kWorkingWidth = 480;       // pixels; motion needs no more
constexpr double kBackgroundSeconds = 20; // how long a thing stands before it is background
constexpr double kVarianceThreshold = 20;
constexpr int kSettlingFrames = 2;       // before this all is foreground
constexpr double kLeastAreaShare = 8e-4; // of the picture
constexpr double kLargestAreaShare = 0.5;
constexpr float kLeastFill = 0.25F;      // share of a box that moves
constexpr float kScore = 0.6F;           // motion says nothing of how sure it is

struct Motion {
  cv::Ptr<cv::BackgroundSubtractorMOG2> background =
      cv::createBackgroundSubtractorMOG2(200, kVarianceThreshold, /*detectShadows=*/true);
  cv::Size size;
  double last_seconds = 0;
  int frames = 0;
};

cv::Mat moving_pixels(Motion& motion, const ProposalFrame& frame) {
  const double scale = std::min(1.0, static_cast<double>(kWorkingWidth) / frame.rgb.cols);
  const cv::Size size(cv::saturate_cast<int>(frame.rgb.cols * scale),
                      std::max(1, cv::saturate_cast<int>(frame.rgb.rows * scale)));
  cv::Mat small, mask;
  cv::resize(frame.rgb, small, size, 0, 0, cv::INTER_AREA);
  if (small.size() != motion.size) motion = Motion{.size = small.size()};
  const double elapsed = std::max(0.0, frame.seconds - motion.last_seconds);
  motion.last_seconds = frame.seconds;
  // The background follows media time, not frames, so that sampling slower changes nothing.
  const double rate = motion.frames == 0 ? 1 : std::clamp(elapsed / kBackgroundSeconds, 1e-3, 0.2);
  ++motion.frames;
  motion.background->apply(small, mask, rate);
  cv::threshold(mask, mask, 200, 255, cv::THRESH_BINARY);  // shadows are 127
  cv::morphologyEx(mask, mask, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  // People are taller than wide: parts that lie above each other belong together.
  cv::morphologyEx(mask, mask, cv::MORPH_CLOSE,
                   cv::getStructuringElement(cv::MORPH_RECT, {5, 15}));
  return mask;
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
    detections.push_back({.box = {static_cast<float>(box.x * scale_x),
                                  static_cast<float>(box.y * scale_y),
                                  static_cast<float>(box.width * scale_x),
                                  static_cast<float>(box.height * scale_y)},
                          .score = kScore,
                          .label = "object"});
  }
  return detections;
}

}  // namespace

Proposer motion_proposer() {
  return [motion = Motion()](const ProposalFrame& frame) mutable
         -> Result<std::vector<Detection>> {
    const cv::Mat mask = moving_pixels(motion, frame);
    if (motion.frames <= kSettlingFrames) return std::vector<Detection>{};
    return boxes_of(mask, frame.rgb.size());
  };
}

}  // namespace deepstack
