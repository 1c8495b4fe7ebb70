// Clock: monotonic time for deadlines and ages of results; tests put a ManualClock in its place.
// Wall-clock time is never taken from here. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace deepstack {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ns() const = 0;
};

class SteadyClock final : public Clock {
 public:
  int64_t now_ns() const override {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

}  // namespace deepstack
