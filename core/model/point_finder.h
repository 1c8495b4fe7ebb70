// PointFinder: where in a frame is what a crop shows? One pixel, for the levels together and for
// each level alone.
//
// The frame goes through the tower in pieces, at the scale at which the model was trained on crops.
// The crop's tokens, pooled over the model's grid, look at every token of the frame on every level;
// what a token finds votes for where the crop's middle would be, a few sizes are tried, and the
// maps of the levels are summed with the gates of both sides. The likeliest places are then looked
// at again, each as a crop of its own, and the one that matches best is the answer
// (docs/search.md). No torch type here. Thread-safe; calls take turns.
#pragma once

#include <memory>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/model/model_source.h"
#include "core/status.h"

namespace deepstack {

struct FramePoint {
  float x = 0;  // pixels of the frame
  float y = 0;
  float score = 0;  // similarity, -1..1; 0 of a map alone
};

struct FoundPoints {
  FramePoint fused;
  FramePoint fused_by_map;  // before the likeliest places were looked at again
  // With Detail::kLevels the same by one level alone, shallow first.
  std::vector<FramePoint> levels = {};
  std::vector<FramePoint> levels_by_map = {};
};

class PointFinder {
 public:
  enum class Detail { kFused, kLevels };

  virtual ~PointFinder() = default;

  static Result<std::unique_ptr<PointFinder>> open(const ModelSource& source);

  // Both [height, width] CV_8UC3, R first; the crop about as large as what it shows is in the
  // frame. kInvalid: the crop is larger than the frame or under 4 x 4 pixels.
  virtual Result<FoundPoints> find(const cv::Mat& frame, const cv::Mat& crop, Detail detail) = 0;
};

}  // namespace deepstack
