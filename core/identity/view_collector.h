// ViewCollector: gathers a ViewSet while videos are analysed, bounded in views, tracks and bytes.
//
// A track keeps at most views_a_track views spread over its life: every n-th sighting, n doubling
// whenever the track is full. Over max_bytes the track with the most views is thinned likewise.
// What was left out is counted. One thread.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "core/frame/box.h"
#include "core/identity/view_set.h"

namespace deepstack {

struct TrackBox {
  int64_t track = 0;
  Box box;  // pixels of the frame
};

class ViewCollector {
 public:
  struct Limits {
    size_t views_a_track = 12;
    size_t tracks = 4096;
    size_t pairs = 1 << 20;
    int64_t max_bytes = 512 << 20;
    int longest_side = 512;  // pixels; larger crops are made smaller
  };

  explicit ViewCollector(const Limits& limits) : limits_(limits) {}

  // The tracks that a frame of a source shows. Boxes that mostly cover each other may be of one
  // thing: they are not counted as seen together, and the one that is covered gives no view.
  void add_frame(int source, int64_t frame, double seconds, const cv::Mat& rgb,
                 std::span<const TrackBox> boxes);

  const ViewSet& views() const { return set_; }
  int64_t bytes() const { return bytes_; }
  uint64_t dropped() const { return dropped_; }  // usable views that a limit kept out
  uint64_t refused() const { return refused_; }  // too small, outside the frame, at no time

 private:
  struct Pace {
    uint64_t every = 1;
    uint64_t sightings = 0;
  };

  struct Shown {
    size_t place;
    Box box;
  };

  size_t place_of(int source, int64_t track);
  void mark_together(const std::vector<Shown>& shown);
  void add_view(size_t place, TrackView view);
  void thin(size_t place);
  bool make_room(int64_t bytes);

  const Limits limits_;
  ViewSet set_;
  std::map<std::pair<int, int64_t>, size_t> places_;
  std::vector<Pace> paces_;  // by place
  int64_t bytes_ = 0;
  uint64_t dropped_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace deepstack
