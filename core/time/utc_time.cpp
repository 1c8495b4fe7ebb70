#include "core/time/utc_time.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr uint64_t kNtpToUnixNs = uint64_t{2'208'988'800} * kNanosPerSecond;  // RFC 5905, figure 4
// Atomic time is ahead of UTC by the leap seconds, 37 since 2017 (IERS bulletin C 52).
constexpr uint64_t kAtomicToUtcNs = uint64_t{37} * kNanosPerSecond;
// The last year in which nanoseconds since 1970 fit into 63 bits.
constexpr uint64_t kYear2262Ns = uint64_t{9'214'646'400} * kNanosPerSecond;

uint64_t epoch_ns(UtcSource source) {
  switch (source) {
    case UtcSource::kNtp:
      return kNtpToUnixNs;
    case UtcSource::kPtp:
      return kAtomicToUtcNs;
    default:
      return 0;
  }
}

}  // namespace

std::optional<UtcReference> utc_reference(UtcSource source, uint64_t ns) {
  const uint64_t epoch = epoch_ns(source);
  if (ns < epoch || ns - epoch >= kYear2262Ns) return {};
  return UtcReference{source, static_cast<int64_t>(ns - epoch)};
}

std::string to_rfc3339(int64_t unix_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> time{nanoseconds(unix_ns)};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> clock{floor<microseconds>(time - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

const char* utc_source_name(UtcSource source) {
  switch (source) {
    case UtcSource::kNone:
      return "";
    case UtcSource::kArrival:
      return "arrival";
    case UtcSource::kNtp:
      return "ntp";
    case UtcSource::kUnix:
      return "unix";
    case UtcSource::kPtp:
      return "ptp";
  }
  return "";
}

}  // namespace deepstack
