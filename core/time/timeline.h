// Timeline: gives each frame its MediaTime and says where the stream was interrupted. Owned by one
// stream, called by one thread.
//
// Frames without a PTS continue at the last frame distance; a PTS that does not move on is nudged by
// one nanosecond, so that times within a timeline rise strictly. A PTS that falls behind by more than
// kReorderTolerance starts a new timeline.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/media_time.h"

namespace deepstack {

class Timeline {
 public:
  static constexpr int64_t kReorderToleranceNs = kNanosPerSecond;

  // The time of the next frame. Sets restarted() when a new timeline had to begin with it.
  MediaTime stamp(std::optional<int64_t> pts_ns);

  // The next frame begins a new timeline (flush, seek, reconnect).
  void restart();

  bool restarted() const { return restarted_; }

 private:
  static constexpr int64_t kUnknownFrameDistanceNs = kNanosPerSecond / 25;

  uint32_t timeline_ = 0;
  std::optional<int64_t> last_ns_;
  int64_t distance_ns_ = kUnknownFrameDistanceNs;
  bool restart_pending_ = false;
  bool restarted_ = false;
};

}  // namespace deepstack
