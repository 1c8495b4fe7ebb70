// Inner products of rows of 16-bit floats (IEEE half) with a few or many queries in float, for an
// exact scan that waits for memory only: a row is converted in registers and never written back.
// The kernel is chosen once, by what the processor can: AVX-512, AVX2 with F16C, or plain C++.
#pragma once

#include <cstdint>

namespace deepstack {

// The queries of one scan in the order a kernel reads them, [groups, width, lanes]: a few (below
// kManyQueries) one after another, 1 lane each; of many 16 side by side, filled up with zeros.
// Borrowed memory.
struct ScanQueries {
  static constexpr int64_t kManyQueries = 6;
  static constexpr int64_t kPanel = 16;

  const float* values;
  int64_t width, lanes, groups;

  const float* group(int64_t index) const { return values + index * width * lanes; }
};

// scores[g][r][lane] = row r of rows [count, width] times query lane of group g.
using HalfDots = void (*)(const uint16_t* rows, int64_t count, const ScanQueries& queries,
                          float* scores);

// The fastest that this processor runs.
HalfDots half_dots();

// Each by name, for tests: null where the processor (or the build) lacks it.
HalfDots half_dots_portable();
HalfDots half_dots_avx2();
HalfDots half_dots_avx512();

}  // namespace deepstack
