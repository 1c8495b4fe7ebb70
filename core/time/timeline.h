// Timeline: gives each frame its MediaTime and says where the stream was interrupted. Owned by one
// stream, called by one thread.
//
// Times within a timeline rise strictly and are never negative. Frames without a PTS continue at
// the frame distance; a PTS that does not move on, or falls by less than kReorderToleranceNs, is
// nudged by one nanosecond. One that falls further, or is further ahead than a gap explains, is
// doubted: the frame continues at the frame distance. Three such in a row that agree with each
// other are believed: ahead, the timeline goes on from there; behind, a new one begins.
//
// What explains a gap: of a live stream, that nothing came for as long, or a GAP event; of a file,
// an hour, as recorders write nothing while nothing moves.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/media_time.h"

namespace deepstack {

class Timeline {
 public:
  static constexpr int64_t kReorderToleranceNs = kNanosPerSecond;
  static constexpr int64_t kLiveJumpNs = 5 * kNanosPerSecond;
  static constexpr int64_t kFileJumpNs = 3600 * kNanosPerSecond;
  static constexpr int kBelievedFrames = 3;

  // The time of the next frame. arrival_ns: when it came, by a clock that never falls; of a live
  // stream only. Sets restarted() when a new timeline had to begin with it, and doubted().
  MediaTime stamp(std::optional<int64_t> pts_ns, std::optional<int64_t> arrival_ns = std::nullopt);

  // There are no frames before this PTS (GAP event). The last moment of the gap, if time moves on
  // to it; nothing before the first frame, or when the gap is too long to be one.
  std::optional<MediaTime> skip(int64_t until_pts_ns);

  // The next frame begins a new timeline (flush, seek, reconnect).
  void restart();

  bool restarted() const { return restarted_; }
  bool doubted() const { return doubted_; }  // the last frame's time is not its PTS

 private:
  static constexpr int64_t kUnknownFrameDistanceNs = kNanosPerSecond / 25;

  MediaTime begin(std::optional<int64_t> pts_ns);
  MediaTime move_to(int64_t ns);
  int64_t ahead_of_last(std::optional<int64_t> arrival_ns);
  bool believe(int64_t pts_ns, int64_t most_ahead_ns);

  uint32_t timeline_ = 0;
  std::optional<int64_t> last_ns_;
  std::optional<int64_t> last_arrival_ns_;
  int64_t last_step_ns_ = 0;  // 0: none yet
  int64_t distance_ns_ = kUnknownFrameDistanceNs;
  int64_t doubted_pts_ns_ = 0;
  int doubts_ = 0;  // frames in a row
  bool restart_pending_ = false;
  bool restarted_ = false;
  bool doubted_ = false;
};

}  // namespace deepstack
