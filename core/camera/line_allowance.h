// LineAllowance: three log lines in any minute, however much there is to say; the others are
// counted, and the next one that is allowed says how many they were. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace deepstack {

class LineAllowance {
 public:
  static constexpr size_t kLines = 3;
  static constexpr int64_t kPeriodNs = 60'000'000'000;

  bool take(int64_t now_ns) {
    int64_t& oldest = times_ns_[written_ % kLines];
    if (written_ >= kLines && now_ns - oldest < kPeriodNs) {
      ++left_out_;
      return false;
    }
    oldest = now_ns;
    ++written_;
    return true;
  }

  // Lines left out since this was asked last.
  uint64_t left_out() { return std::exchange(left_out_, 0); }

 private:
  std::array<int64_t, kLines> times_ns_{};  // of the last lines, in a ring
  size_t written_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace deepstack
