// UtcEstimate: the UTC of a stream's times by one clock, from frames of which it is known. Between
// and after those the stream's time goes on and the error grows. Owned by one UtcMap, called by one
// thread.
//
// A clock that was set right by little is followed slowly, so that UTC never jumps or falls; one
// that stepped by more than kStepNs is believed once three frames in a row say so.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/media_time.h"

namespace deepstack {

class UtcEstimate {
 public:
  static constexpr int64_t kStepNs = 5 * kNanosPerSecond;
  static constexpr int64_t kSettleNs = 30 * kNanosPerSecond;  // uncertain for, after a step

  struct Reading {
    int64_t unix_ns;
    int64_t error_ns;
    bool stepped;  // lately, or is about to
  };

  // base_error_ns: what a single frame's UTC may be off by.
  explicit UtcEstimate(int64_t base_error_ns) : base_error_ns_(base_error_ns) {}

  // The frame at this time of the stream was at this UTC. REQUIRES: neither is negative.
  void observe(int64_t stream_ns, int64_t unix_ns);

  // Nothing before the first frame whose UTC is known.
  std::optional<Reading> at(int64_t stream_ns) const;

 private:
  int64_t offset_at(int64_t stream_ns) const;
  void doubt(int64_t stream_ns, int64_t offset_ns);

  int64_t base_error_ns_;
  bool observed_ = false;
  int64_t offset_ns_ = 0;   // UTC less the stream's time, in force at since_ns_
  int64_t target_ns_ = 0;   // what it should be and moves to
  int64_t since_ns_ = 0;    // when it was last observed
  int64_t settled_ns_ = 0;  // from here on the last step is long ago
  int64_t doubted_ns_ = 0;  // the offset that a step would lead to
  int doubts_ = 0;          // frames in a row that say so
};

}  // namespace deepstack
