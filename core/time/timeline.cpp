#include "core/time/timeline.h"

#include <algorithm>
#include <limits>

namespace deepstack {
namespace {

// Three centuries less a month, which leaves room for frames that are nudged on from there.
constexpr int64_t kLatestNs = std::numeric_limits<int64_t>::max() - (int64_t{1} << 51);

}  // namespace

void Timeline::restart() { restart_pending_ = last_ns_.has_value(); }

MediaTime Timeline::begin(std::optional<int64_t> pts_ns) {
  if (last_ns_) ++timeline_;
  restart_pending_ = false;
  doubts_ = 0;
  last_ns_ = pts_ns.value_or(0);
  return {timeline_, *last_ns_};
}

MediaTime Timeline::move_to(int64_t ns) {
  last_ns_ = ns > *last_ns_ ? ns : *last_ns_ + 1;
  return {timeline_, *last_ns_};
}

// How far ahead of the last frame this one may be without being doubted.
int64_t Timeline::ahead_of_last(std::optional<int64_t> arrival_ns) {
  if (!arrival_ns) return kFileJumpNs;
  const int64_t waited_ns = *arrival_ns - last_arrival_ns_.value_or(*arrival_ns);
  last_arrival_ns_ = arrival_ns;
  return kLiveJumpNs + std::max<int64_t>(waited_ns, 0);
}

bool Timeline::believe(int64_t pts_ns, int64_t most_ahead_ns) {
  // Both are of 0..kLatestNs, so their difference is one.
  const auto follows = [&](int64_t earlier_ns) {
    return pts_ns - earlier_ns >= -kReorderToleranceNs && pts_ns - earlier_ns <= most_ahead_ns;
  };
  if (follows(*last_ns_)) {
    doubts_ = 0;
    return true;
  }
  doubts_ = doubts_ > 0 && follows(doubted_pts_ns_) ? doubts_ + 1 : 1;
  doubted_pts_ns_ = pts_ns;
  if (doubts_ < kBelievedFrames) return false;
  doubts_ = 0;
  return true;
}

MediaTime Timeline::stamp(std::optional<int64_t> pts_ns, std::optional<int64_t> arrival_ns) {
  if (pts_ns) pts_ns = std::clamp<int64_t>(*pts_ns, 0, kLatestNs);
  const int64_t most_ahead_ns = ahead_of_last(arrival_ns);
  restarted_ = restart_pending_;
  doubted_ = false;
  if (!last_ns_ || restart_pending_) return begin(pts_ns);
  doubted_ = pts_ns && !believe(*pts_ns, most_ahead_ns);
  if (!pts_ns || doubted_) return move_to(std::min(*last_ns_ + distance_ns_, kLatestNs));

  restarted_ = *last_ns_ - *pts_ns > kReorderToleranceNs;
  if (restarted_) return begin(pts_ns);
  const int64_t step_ns = *pts_ns - *last_ns_;
  if (step_ns > 0) {
    // The smaller of two, so that frames after a gap are not a gap apart.
    distance_ns_ = std::min(step_ns, last_step_ns_ > 0 ? last_step_ns_ : kFileJumpNs);
    last_step_ns_ = step_ns;
  }
  return move_to(*pts_ns);
}

std::optional<MediaTime> Timeline::skip(int64_t until_pts_ns) {
  if (!last_ns_ || restart_pending_) return {};
  // The next frame is at the end of the gap and later than what ends within it.
  const int64_t until_ns = std::clamp<int64_t>(until_pts_ns, 0, kLatestNs) - 1;
  if (until_ns <= *last_ns_ || until_ns - *last_ns_ > kFileJumpNs) return {};
  return move_to(until_ns);
}

}  // namespace deepstack
