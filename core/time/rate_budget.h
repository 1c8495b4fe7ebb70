// RateBudget: at most so many things in any window of time; what goes beyond is counted, so that
// the next one that passes can say how many were kept back. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace deepstack {

class RateBudget {
 public:
  // REQUIRES: most > 0.
  RateBudget(size_t most, int64_t window_ns) : most_(most), window_ns_(window_ns) {}

  // Whether one more may pass now, on a clock that never falls. The number of those that were kept
  // back since the last that passed; nothing when this one is kept back, too.
  std::optional<uint64_t> take(int64_t now_ns);

 private:
  const size_t most_;
  const int64_t window_ns_;
  std::deque<int64_t> passed_ns_;  // most_ at most
  uint64_t kept_back_ = 0;
};

}  // namespace deepstack
