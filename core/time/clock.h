// Clock: monotonic time for deadlines and ages of results, and the time of day for what streams and
// runs must agree on; tests put a clock of their own in its place. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace deepstack {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ns() const = 0;  // never falls; of this process only
  virtual double unix_s() const = 0;   // wall clock: may jump, also back
};

class SteadyClock final : public Clock {
 public:
  int64_t now_ns() const override {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  double unix_s() const override {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace deepstack
