#include "core/identity/view_quality.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

constexpr float kFullHeight_px = 48;    // below, size costs quality in proportion
constexpr float kBorder_px = 2;         // a box this near to the border is cut by it
constexpr float kCutSide = 0.5F;        // quality left of a box that a side or the bottom cuts
constexpr int kSharpHeight_px = 96;     // finer detail than this does not count
constexpr float kSharpEnough = 0.2F;    // a person in focus, as cheap cameras compress him
constexpr float kLeastSharpness = 0.4F; // of the quality remains of a view out of focus

// Of a box that ends at the border of the picture, some of its object is outside it.
float border_factor(const Box& box, const cv::Mat& rgb) {
  const bool sides = box.x < kBorder_px || box.right() > static_cast<float>(rgb.cols) - kBorder_px;
  const bool ends = box.y < kBorder_px || box.bottom() > static_cast<float>(rgb.rows) - kBorder_px;
  return (sides ? kCutSide : 1) * (ends ? kCutSide : 1);
}

cv::Mat pixels_of(const Box& box, const cv::Mat& rgb) {
  const Box inside = clip(box, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
  return rgb(cv::Rect(static_cast<int>(inside.x), static_cast<int>(inside.y),
                      static_cast<int>(inside.width), static_cast<int>(inside.height)));
}

}  // namespace

float hidden_share(size_t index, const std::vector<Detection>& detections) {
  const Box& box = detections[index].box;
  if (!(box.area() > 0)) return 0;
  float hidden = 0;
  for (size_t i = 0; i < detections.size(); ++i) {
    const Box& other = detections[i].box;
    const bool in_front =
        other.bottom() > box.bottom() || (other.bottom() == box.bottom() && i > index);
    if (i != index && in_front) hidden += intersection(box, other) / box.area();
  }
  return std::min(1.0F, hidden);
}

float sharpness(const cv::Mat& pixels) {
  if (pixels.rows < 8 || pixels.cols < 4) return 0;
  cv::Mat grey, edges;
  cv::cvtColor(pixels, grey, cv::COLOR_RGB2GRAY);
  if (grey.rows > kSharpHeight_px) {
    const double shrink = static_cast<double>(kSharpHeight_px) / grey.rows;
    cv::resize(grey, grey, {}, shrink, shrink, cv::INTER_AREA);
  }
  cv::Scalar mean, deviation;
  cv::meanStdDev(grey, mean, deviation);
  cv::Laplacian(grey, edges, CV_16S, 1);
  const double strength = cv::norm(edges, cv::NORM_L1) / static_cast<double>(edges.total());
  return static_cast<float>(std::min(1.0, strength / (deviation[0] + 1)));
}

float view_quality(size_t index, const std::vector<Detection>& detections, const cv::Mat& rgb) {
  const Box& box = detections[index].box;
  const cv::Mat pixels = pixels_of(box, rgb);
  if (pixels.empty()) return 0;
  const float size = std::min(1.0F, box.height / kFullHeight_px);
  const float focus = std::min(1.0F, sharpness(pixels) / kSharpEnough);
  return (1 - hidden_share(index, detections)) * border_factor(box, rgb) * size *
         (kLeastSharpness + (1 - kLeastSharpness) * focus);
}

}  // namespace deepstack
