// ManualClock: a Clock that stands until the test moves it. Thread-safe.
#pragma once

#include <atomic>

#include "core/time/clock.h"

namespace deepstack::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(double unix_s) : unix_s_(unix_s) {}

  int64_t now_ns() const override { return now_ns_; }
  double unix_s() const override { return unix_s_; }

  void move_on(double seconds) {
    unix_s_ = unix_s_ + seconds;
    now_ns_ = now_ns_ + static_cast<int64_t>(seconds * 1e9);
  }
  // As somebody who corrects the time of day: the monotonic one does not care.
  void set(double unix_s) { unix_s_ = unix_s; }

 private:
  std::atomic<int64_t> now_ns_ = 0;
  std::atomic<double> unix_s_;
};

}  // namespace deepstack::test
