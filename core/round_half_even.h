// round_half_even: Python's round() and numpy's, halves to the even neighbour, whatever rounding
// mode the process has set. Any thread.
#pragma once

#include <cmath>

namespace deepstack {

inline double round_half_even(double x) {
  const double below = std::floor(x);
  const double rest = x - below;  // exact
  if (rest != 0.5) return rest < 0.5 ? below : below + 1;
  return std::fmod(below, 2) == 0 ? below : below + 1;
}

}  // namespace deepstack
