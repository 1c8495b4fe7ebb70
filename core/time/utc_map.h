// UtcMap: from a stream's time to UTC. Best is what the sender wrote on frames (RTCP, RFC 7273, a
// recorder); a live stream has this machine's clock besides, which knows when a frame came, not
// when it was taken; a file has nothing. Owned by one stream, called by one thread at a time.
//
// GStreamer 1.22 loses the sender's time stamp on every key frame, and it comes only with the first
// RTCP report, so the time of a frame without one is extrapolated.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/utc_estimate.h"
#include "core/time/utc_time.h"

namespace deepstack {

class UtcMap {
 public:
  // What is known of the frame at this time of the stream. arrival_unix_ns: when it came by this
  // machine's clock, less what it waited since; only of a live stream.
  void observe(int64_t stream_ns, const std::optional<UtcReference>& reference,
               std::optional<int64_t> arrival_unix_ns);

  // Any time of the stream from the last frame on. Uncertain while the clock it comes from has just
  // stepped, or where sender and machine differ by more than a step: one of them is wrong.
  UtcTime at(int64_t stream_ns) const;

  // The stream's times start over: what was known of them is void.
  void restart() { *this = UtcMap(); }

 private:
  // A sender's clock is read when the frame is taken; the rest is rounding and jitter of the
  // stream's own time. What a camera, network and jitter buffer take before arrival is not known.
  static constexpr int64_t kSenderErrorNs = kNanosPerSecond / 50;
  static constexpr int64_t kArrivalErrorNs = kNanosPerSecond;

  UtcSource source_ = UtcSource::kNone;  // of sender_
  std::optional<UtcEstimate> sender_;
  std::optional<UtcEstimate> arrival_;
};

}  // namespace deepstack
