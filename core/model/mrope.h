// Frequencies of interleaved MRoPE (Qwen3-VL): how fast each channel pair turns with a position,
// and which of the axes time, row and column turns it. In double throughout: a float angle is off
// by 1e-2 at the end of a context of 256 K. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/status.h"

namespace deepstack {

// YaRN (Peng et al. 2023): a context longer than the one the model was trained with.
struct YarnScaling {
  double factor = 1;               // new length / original length, 1 and up
  int64_t original_positions = 0;  // 262144 for Qwen3-VL
};

struct MropeFrequencies {
  std::vector<double> frequency;  // radians a position, one each channel pair
  double magnitude = 1;           // cosine and sine are multiplied by this
};

// Of so many channel pairs (half the channels of a head). kInvalid: pairs outside 1..32768, theta
// not above 0 (above 1 with YaRN), a scaling that is none.
Result<MropeFrequencies> mrope_frequencies(int pairs, double theta,
                                           const std::optional<YarnScaling>& yarn = {});

// The axis that turns a channel pair: 0 time, 1 row, 2 column. section: pairs of each. The axes
// take turns as long as row and column have any left; what remains is time's.
int mrope_axis(int pair, const std::array<int, 3>& section);

}  // namespace deepstack
