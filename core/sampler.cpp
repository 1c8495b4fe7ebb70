#include "core/sampler.h"

namespace deepstack {

bool Sampler::take(MediaTime time) {
  if (!origin_ || origin_->timeline != time.timeline) {
    origin_ = time;
    next_slot_ = 0;
    frames_since_taken_ = 0;
  }
  if (rate_numerator_ == 0) return frames_since_taken_++ % interval_ == 0;

  // Slots count from the timeline's first frame, so that rounding never adds up.
  // The slack takes in time stamps rounded down (33.333 ms frames at a rate of 10).
  constexpr int64_t kSlackNs = 1'000'000;
  // long double has 64 bits of mantissa: exact for centuries of nanoseconds.
  const long double elapsed_s =
      static_cast<long double>(time.ns - origin_->ns + kSlackNs) / kNanosPerSecond;
  const auto slot = static_cast<int64_t>(elapsed_s * static_cast<long double>(rate_numerator_) /
                                         static_cast<long double>(rate_denominator_));
  if (slot < next_slot_) return false;
  next_slot_ = slot + 1;
  return true;
}

}  // namespace deepstack
