// DurationHistogram: how often something took how long, in seconds, from a millisecond to what a
// slow machine needs for a crowd. A plain value; counts never fall.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace deepstack {

struct DurationHistogram {
  static constexpr std::array<double, 12> kBounds_s{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                    0.1,   0.25,   0.5,   1,    2.5,   5};

  std::array<uint64_t, kBounds_s.size() + 1> counts{};  // up to each bound, then above the last
  double sum_s = 0;

  void observe(double seconds) {
    const auto bucket = std::lower_bound(kBounds_s.begin(), kBounds_s.end(), seconds);
    ++counts[static_cast<size_t>(bucket - kBounds_s.begin())];
    sum_s += seconds;
  }
  uint64_t count() const { return std::accumulate(counts.begin(), counts.end(), uint64_t{0}); }
};

}  // namespace deepstack
