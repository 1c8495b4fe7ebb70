// ViewSet: pictures of tracks, and which tracks were in one frame together: what a model can learn
// from without anybody saying who is who. Views of a track are of one identity; tracks seen
// together are of two; of all other pairs nothing is known. Plain values.
#pragma once

#include <cmath>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <opencv2/core/mat.hpp>

namespace deepstack {

struct TrackView {
  cv::Mat rgb;         // the pixels of the box, CV_8UC3, R first
  double seconds = 0;  // media time of its source
  int64_t frame = 0;   // of its source
};

struct TrackViews {
  int source = 0;     // camera or file
  int64_t track = 0;  // unique within the source
  std::vector<TrackView> views{};
};

struct ViewSet {
  std::vector<TrackViews> tracks;
  std::set<std::pair<size_t, size_t>> together;  // places in tracks, the smaller first
};

inline constexpr int kLeastViewSide = 8;  // pixels; of less nothing can be learnt

// Whether a view can be learnt from: three bytes a pixel, large enough, at a time that is a number.
inline bool is_usable(const TrackView& view) {
  return view.rgb.type() == CV_8UC3 && view.rgb.dims == 2 && view.rgb.rows >= kLeastViewSide &&
         view.rgb.cols >= kLeastViewSide && std::isfinite(view.seconds);
}

}  // namespace deepstack
