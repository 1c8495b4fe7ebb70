#include <algorithm>
#include <memory>

#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include "core/proposal/proposer.h"

namespace deepstack {
namespace {

// The detector's window is 64x128 around a person of 96: small people need a larger picture. One
// side more than this costs more than the tower.
constexpr double kLargestWidth = 1280;
constexpr double kEnlarge = 1.4;  // finds people from 70 pixels tall
constexpr double kWindowMargin = 0.75;  // share of the window's height that the person fills
constexpr double kScaleStep = 1.1;      // a finer pyramid costs twice as much and finds the same
constexpr float kCovered = 0.5F;         // share of the smaller box: windows of one person nest

// The SVM's distance from its border to 0..1; 0.5 at a distance of 0.4, where false ones get rare.
float score_of(double weight) { return static_cast<float>(1 / (1 + std::exp(-3 * (weight - 0.4)))); }

// Non-maximum suppression, best first.
std::vector<Detection> strongest(std::vector<Detection> found) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  std::vector<Detection> kept;
  for (const Detection& detection : found) {
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Detection& better) {
      return intersection(better.box, detection.box) >
             kCovered * std::min(better.box.area(), detection.box.area());
    });
    if (!covered) kept.push_back(detection);
  }
  return kept;
}

}  // namespace

Proposer hog_proposer() {
  auto detector = std::make_shared<cv::HOGDescriptor>();
  detector->setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
  return [detector](const ProposalFrame& frame) -> Result<std::vector<Detection>> {
    const double scale = std::min(kEnlarge, kLargestWidth / frame.rgb.cols);
    cv::Mat gray;
    cv::cvtColor(frame.rgb, gray, cv::COLOR_RGB2GRAY);
    const cv::Size size(cv::saturate_cast<int>(gray.cols * scale),
                        cv::saturate_cast<int>(gray.rows * scale));
    if (size.width < detector->winSize.width || size.height < detector->winSize.height) {
      return std::vector<Detection>{};
    }
    cv::resize(gray, gray, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    std::vector<cv::Rect> windows;
    std::vector<double> weights;
    detector->detectMultiScale(gray, windows, weights, 0, {8, 8}, {}, kScaleStep, 0);
    std::vector<Detection> found;
    for (size_t i = 0; i < windows.size(); ++i) {
      const double width = windows[i].width * kWindowMargin * 0.8;
      const double height = windows[i].height * kWindowMargin;
      const double x = windows[i].x + (windows[i].width - width) / 2;
      const double y = windows[i].y + (windows[i].height - height) / 2;
      found.push_back({.box = {static_cast<float>(x / scale), static_cast<float>(y / scale),
                               static_cast<float>(width / scale),
                               static_cast<float>(height / scale)},
                       .score = score_of(weights[i]),
                       .label = "person"});
    }
    return strongest(std::move(found));
  };
}

}  // namespace deepstack
