// RetryLadder: how long to wait before a broker is asked again: 0.2 s after the first failure,
// doubled up to 1.2 s, so that one that is back is found within 2 s; 30 s when it refused us, as it
// may lock out who asks more often. A value; one thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/publish/event_publisher.h"

namespace deepstack {

class RetryLadder {
 public:
  static constexpr int64_t kFirst_ns = 200'000'000;
  static constexpr int64_t kLongest_ns = 1'200'000'000;
  static constexpr int64_t kRefused_ns = 30'000'000'000;

  int64_t after(PublishFailure::Kind kind) {
    if (kind == PublishFailure::Kind::kRefused) return kRefused_ns;
    const int64_t wait_ns = next_ns_;
    next_ns_ = std::min(2 * next_ns_, kLongest_ns);
    return wait_ns;
  }
  // Something was delivered.
  void start_over() { next_ns_ = kFirst_ns; }

 private:
  int64_t next_ns_ = kFirst_ns;
};

}  // namespace deepstack
