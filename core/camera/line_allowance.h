// LineAllowance: how many log lines a minute somebody may write; the others are counted, and the
// next one that is allowed says how many they were. Not thread-safe.
#pragma once

#include <cstdint>
#include <utility>

namespace deepstack {

class LineAllowance {
 public:
  static constexpr int kLines = 3;
  static constexpr int64_t kPeriodNs = 60'000'000'000;

  bool take(int64_t now_ns) {
    if (used_ == 0 || now_ns - period_began_ns_ >= kPeriodNs) {
      period_began_ns_ = now_ns;
      used_ = 0;
    }
    if (used_ == kLines) {
      ++left_out_;
      return false;
    }
    ++used_;
    return true;
  }

  // Lines left out since this was asked last.
  uint64_t left_out() { return std::exchange(left_out_, 0); }

 private:
  int used_ = 0;
  int64_t period_began_ns_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace deepstack
