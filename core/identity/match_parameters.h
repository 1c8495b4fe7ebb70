// MatchParameters: how two features of one model are compared; part of the model, read from the
// "match" object of its config.json. The formulas are in core/identity/match.h.
#pragma once

#include <array>
#include <vector>

namespace deepstack {

struct MatchParameters {
  // Interleaved MRoPE over (time, row, column): channel pairs an axis gets, base, positions a second.
  std::array<int, 3> mrope_section{12, 10, 10};
  double mrope_theta = 5e6;
  double mrope_rate = 1;
  // Share of the angle that (time, row, column) turns by, 0..1; 0: that axis is off.
  std::array<double, 3> mrope_amplitude{1, 1, 1};
  double attention_scale = 16;

  // Weight of level l after a gap of g seconds: softmax(log gate_l + bias_l + slope_l log(1 + g)).
  std::vector<float> level_bias;
  std::vector<float> level_gap_slope;

  // Probability that two features show the same: 1 / (1 + exp(-scale (similarity - offset))).
  float scale = 20;
  float offset = 0.6F;
};

}  // namespace deepstack
