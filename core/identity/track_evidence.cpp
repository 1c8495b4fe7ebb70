#include "core/identity/track_evidence.h"

#include <algorithm>

namespace deepstack {
namespace {

constexpr float kLeastQuality = 0.25F;
constexpr double kMoment_s = 0.25;  // views closer in time say the same

}  // namespace

void TrackEvidence::add(const Appearance& view) {
  if (view.quality < kLeastQuality) return;
  if (!views_.empty() && view.seconds - views_.back().seconds < kMoment_s) {
    const double since = views_.back().seconds;
    if (view.quality <= views_.back().quality) return;
    views_.back() = view;
    views_.back().seconds = since;  // or every better view would put the next moment off
    return;
  }
  views_.push_back(view);
  if (views_.size() <= kMost) return;
  views_.erase(std::min_element(
      views_.begin(), views_.end() - 1,
      [](const Appearance& a, const Appearance& b) { return a.quality < b.quality; }));
}

float TrackEvidence::weight() const {
  float sum = 0;
  for (const Appearance& view : views_) sum += view.quality;
  return sum;
}

}  // namespace deepstack
