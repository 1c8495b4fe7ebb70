// UtcTime: when a frame was, by the time of day: from which clock that is known, and how well.
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace deepstack {

// kArrival: this machine's clock, when the frame came. The others: the sender's, which came with
// it.
enum class UtcSource { kNone, kArrival, kNtp, kUnix, kPtp };

// What the sender wrote on a frame, whatever its epoch was: nanoseconds of UTC since 1970.
struct UtcReference {
  UtcSource source = UtcSource::kNone;
  int64_t unix_ns = 0;

  bool operator==(const UtcReference&) const = default;
};

struct UtcTime {
  UtcSource source = UtcSource::kNone;
  int64_t unix_ns = 0;     // only with a source
  int64_t error_ns = 0;    // how far off it may be if the clock it comes from is right
  bool uncertain = false;  // that clock may be wrong: it stepped lately, or ours contradicts it

  bool known() const { return source != UtcSource::kNone; }
  bool certain() const { return known() && !uncertain; }
  double unix_s() const { return static_cast<double>(unix_ns) / 1e9; }
};

// A time stamp in nanoseconds since the epoch of its kind: 1900 (kNtp), 1970 (kUnix), 1970 in
// atomic time (kPtp). Nothing when it is before 1970, where clocks start that nobody set, or past
// 2261.
std::optional<UtcReference> utc_reference(UtcSource source, uint64_t ns);

// As RFC 3339 with microseconds: 2026-11-25T19:06:14.123456Z.
std::string to_rfc3339(int64_t unix_ns);

// The word for it in events; "" for kNone.
const char* utc_source_name(UtcSource source);

}  // namespace deepstack
