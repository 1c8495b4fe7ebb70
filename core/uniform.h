// A number between two, the same on every machine (std::uniform_real_distribution's are the
// library's own).
#pragma once

#include <random>

namespace deepstack {

// REQUIRES: lowest <= highest.
inline double uniform(std::mt19937& random, double lowest, double highest) {
  return lowest + (highest - lowest) * (static_cast<double>(random()) / 4294967296.0);
}

}  // namespace deepstack
