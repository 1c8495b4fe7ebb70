// MediaTime: when a frame was, on the stream's own clock. A timeline is a stretch of stream in which
// times can be compared; a new one begins where the stream's clock starts over.
#pragma once

#include <cstdint>

namespace deepstack {

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;

struct MediaTime {
  uint32_t timeline = 0;
  int64_t ns = 0;  // running time: 0 where the timeline begins

  bool operator==(const MediaTime&) const = default;
};

inline double to_seconds(int64_t ns) { return static_cast<double>(ns) / kNanosPerSecond; }

}  // namespace deepstack
