// fault_row(): one line a figure of the fault list: `F12 drain-ms 2000 1985.2`, which is the fault,
// the figure's name, its limit and what was measured. Scripts read them.
#pragma once

#include <chrono>
#include <cstdio>

namespace deepstack::test {

inline void fault_row(const char* fault, const char* figure, double limit, double measured) {
  std::printf("%s %s %g %g\n", fault, figure, limit, measured);
  std::fflush(stdout);
}

template <typename Call>
double milliseconds_of(const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace deepstack::test
