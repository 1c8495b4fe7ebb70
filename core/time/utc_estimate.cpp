#include "core/time/utc_estimate.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace deepstack {
namespace {

constexpr int kStepFrames = 3;
// One part in: what is corrected at most, of the time that passed.
constexpr int64_t kSlew = 20;
// One part in: what quartz clocks of cameras and machines may be apart (100 ppm).
constexpr int64_t kDrift = 10'000;

int64_t saturating_sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}

// Of offsets, which may be as far apart as the type reaches.
int64_t distance(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return std::numeric_limits<int64_t>::max();
  return difference == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max()
                                                           : std::abs(difference);
}

}  // namespace

int64_t UtcEstimate::offset_at(int64_t stream_ns) const {
  // Both are less than kStepNs apart.
  const int64_t most = std::max<int64_t>(stream_ns - since_ns_, 0) / kSlew;
  return offset_ns_ + std::clamp(target_ns_ - offset_ns_, -most, most);
}

void UtcEstimate::doubt(int64_t stream_ns, int64_t offset_ns) {
  doubts_ = doubts_ > 0 && distance(offset_ns, doubted_ns_) <= kStepNs ? doubts_ + 1 : 1;
  doubted_ns_ = offset_ns;
  if (doubts_ < kStepFrames) return;
  doubts_ = 0;
  offset_ns_ = target_ns_ = offset_ns;
  since_ns_ = stream_ns;
  settled_ns_ = saturating_sum(stream_ns, kSettleNs);
}

void UtcEstimate::observe(int64_t stream_ns, int64_t unix_ns) {
  const int64_t offset_ns = unix_ns - stream_ns;
  if (!observed_) {
    observed_ = true;
    offset_ns_ = target_ns_ = offset_ns;
    since_ns_ = stream_ns;
    return;
  }
  const int64_t current_ns = offset_at(stream_ns);
  if (distance(offset_ns, current_ns) > kStepNs) return doubt(stream_ns, offset_ns);
  doubts_ = 0;
  offset_ns_ = current_ns;
  target_ns_ = offset_ns;
  since_ns_ = stream_ns;
}

std::optional<UtcEstimate::Reading> UtcEstimate::at(int64_t stream_ns) const {
  if (!observed_) return {};
  const int64_t offset_ns = offset_at(stream_ns);
  const int64_t drift_ns = std::max<int64_t>(stream_ns - since_ns_, 0) / kDrift;
  return Reading{saturating_sum(stream_ns, offset_ns),
                 saturating_sum(base_error_ns_ + drift_ns, distance(target_ns_, offset_ns)),
                 doubts_ > 0 || stream_ns < settled_ns_};
}

}  // namespace deepstack
