// Sampler: decides which frames are analysed. A rate (frames a second of media time) wins over an
// interval (every Nth frame). Owned by one stream, called by its streaming thread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/media_time.h"

namespace deepstack {

class Sampler {
 public:
  // interval >= 1; rate_numerator / rate_denominator frames a second, 0/1 = no rate.
  Sampler(int interval, int rate_numerator, int rate_denominator)
      : interval_(interval), rate_numerator_(rate_numerator), rate_denominator_(rate_denominator) {}

  // True when the frame at this time is to be analysed. Call once for every frame, in order.
  bool take(MediaTime time);

 private:
  int interval_;
  int64_t rate_numerator_;
  int64_t rate_denominator_;
  int64_t frames_since_taken_ = 0;
  std::optional<MediaTime> origin_;  // first frame of this timeline
  int64_t next_slot_ = 0;            // with a rate: slot k is due at origin + k / rate
};

}  // namespace deepstack
