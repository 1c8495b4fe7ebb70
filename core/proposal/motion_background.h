// MotionBackground: what moves before a background that is learned while it is looked at (OpenCV's
// MOG2). The background can be taken out as a picture and be gone on from later. One thread.
#pragma once

#include <vector>

#include <opencv2/core/mat.hpp>
#include <opencv2/video/background_segm.hpp>

#include "core/frame/detection.h"

namespace deepstack {

class MotionBackground {
 public:
  // A background as it was after so many frames.
  struct State {
    cv::Mat picture;  // [h, w] CV_8UC3 at the size it is worked at; empty: none yet
    double last_seconds = 0;
    int frames = 0;
  };

  MotionBackground() = default;
  explicit MotionBackground(const State& state);

  // Boxes of what moves in the next frame, rgb [height, width] CV_8UC3, in its pixels.
  std::vector<Detection> look(const cv::Mat& rgb, double seconds);

  State state() const;

 private:
  cv::Mat moving_pixels(const cv::Mat& rgb, double seconds);

  cv::Ptr<cv::BackgroundSubtractorMOG2> background_;  // null before the first frame
  cv::Size size_;
  double last_seconds_ = 0;
  int frames_ = 0;
};

}  // namespace deepstack
