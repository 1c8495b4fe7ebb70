// The Matcher's formulas as autograd can follow them: similarity of single views by cross-frame
// attention with interleaved MRoPE, and the weighted sum over the levels. CPU, float. Any thread.
#pragma once

#include <span>

#include <ATen/ATen.h>

#include "core/identity/feature.h"
#include "core/identity/match_parameters.h"

namespace deepstack {

// Cosines and sines [N, T, H / 2] that turn the tokens of views at these times.
struct TokenTurns {
  at::Tensor cosine, sine;
};
TokenTurns token_turns(std::span<const double> seconds, const FeatureShape& shape,
                       const MatchParameters& parameters);

// tokens [N, T, H] of length 1 and their turns -> similarity of every view with every view as its
// only prototype, [N, N]; rows ask, columns are asked.
at::Tensor similarity_matrix(const at::Tensor& tokens, const TokenTurns& turns, double scale);

// Similarities [..., L] of pairs with the mean of their gates [..., L] after gaps [...] of seconds
// -> [...].
at::Tensor combine_levels(const at::Tensor& similarities, const at::Tensor& gates,
                          const at::Tensor& gap_s, const at::Tensor& level_bias,
                          const at::Tensor& level_gap_slope);

}  // namespace deepstack
