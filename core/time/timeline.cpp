#include "core/time/timeline.h"

#include <algorithm>

namespace deepstack {
namespace {

// Centuries; beyond it sums and differences of times would overflow.
constexpr int64_t kLargestNs = int64_t{1} << 62;

}  // namespace

void Timeline::restart() { restart_pending_ = last_ns_.has_value(); }

MediaTime Timeline::stamp(std::optional<int64_t> pts_ns) {
  if (pts_ns) pts_ns = std::clamp(*pts_ns, -kLargestNs / 2, kLargestNs);
  const bool fell_back =
      pts_ns && last_ns_ && *pts_ns < *last_ns_ && *last_ns_ - *pts_ns > kReorderToleranceNs;
  restarted_ = restart_pending_ || fell_back;
  if (restarted_) {
    ++timeline_;
    last_ns_.reset();
    restart_pending_ = false;
  }
  if (!last_ns_) {
    last_ns_ = pts_ns.value_or(0);
    return {timeline_, *last_ns_};
  }
  const int64_t next_ns = pts_ns.value_or(*last_ns_ + distance_ns_);
  if (pts_ns && next_ns > *last_ns_) distance_ns_ = next_ns - *last_ns_;
  last_ns_ = next_ns > *last_ns_ ? next_ns : *last_ns_ + 1;
  return {timeline_, *last_ns_};
}

}  // namespace deepstack
