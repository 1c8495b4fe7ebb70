// FrameOverlay: draws who is where into frames of a video. Called with every frame in order of
// time; remembers which tracks are in view and on which side their labels are, so that nothing
// jumps.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/overlay/colors.h"
#include "pipelines/report/identity_history.h"

namespace deepstack {

class FrameOverlay {
 public:
  // history outlives the overlay. frame_ns: distance between frames; size: of every frame.
  FrameOverlay(const IdentityHistory& history, cv::Size size, int64_t frame_ns);

  // frame: CV_8UC3 in B, G, R order. REQUIRES: time_ns rises from call to call.
  void draw(cv::Mat& frame, int64_t time_ns);

 private:
  struct InView {
    const Stretch* stretch = nullptr;
    cv::Rect2f box;  // pixels
    Color color;
  };
  struct Sides {
    bool below = false;      // the box, else above
    bool leftwards = false;  // from the box's right side, else rightwards from its left
  };

  std::vector<InView> in_view(int64_t time_ns);
  void draw_trail(cv::Mat& frame, const InView& seen, int64_t time_ns) const;
  void draw_box(cv::Mat& frame, const InView& seen) const;
  void draw_tag(cv::Mat& frame, const InView& seen, const cv::Rect& place);
  std::vector<cv::Rect> place_tags(const std::vector<InView>& seen);
  const cv::Mat& tag_of(const Stretch& stretch);

  const IdentityHistory& history_;
  const cv::Size size_;
  const int64_t frame_ns_;
  int line_ = 1;         // thickness of boxes, pixels
  int text_height_ = 0;  // of capitals in tags, pixels
  size_t next_ = 0;      // stretches before it have begun
  std::vector<size_t> active_;
  // Of the stretches in view: text as coverage 0..255, name large and track small; where it is.
  std::map<const Stretch*, cv::Mat> tags_;
  std::map<const Stretch*, Sides> sides_;
};

}  // namespace deepstack
