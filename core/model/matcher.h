// Matcher: how alike observations are, by cross-frame attention with interleaved MRoPE, level by level
// (deepstack/operators.h: match), and what that means as a probability. No torch type here, so that
// the rest of core compiles without it. Immutable; any thread.
#pragma once

#include <span>
#include <vector>

#include "core/identity/appearance.h"
#include "core/identity/match_parameters.h"
#include "core/status.h"

namespace deepstack {

// What is needed of an observation or a cached prototype: tokens as in Appearance, and when.
struct MatchSample {
  const float* tokens = nullptr;  // [levels, tokens, width]
  double seconds = 0;
};

class Matcher {
 public:
  Matcher(const FeatureShape& shape, const MatchParameters& parameters)
      : shape_(shape), parameters_(parameters) {}

  const FeatureShape& shape() const { return shape_; }

  // Similarity of every query with every group of keys on every level, [queries, groups, levels];
  // group g is keys[offsets[g]] .. keys[offsets[g + 1] - 1]. REQUIRES: offsets rise from 0 to
  // keys.size().
  Result<std::vector<float>> similarities(std::span<const MatchSample> queries,
                                          std::span<const MatchSample> keys,
                                          std::span<const int64_t> offsets) const;

  // Weights of the levels after a gap, [levels], sum 1: softmax(log gate + bias + slope log(1 + gap)),
  // where gate is the mean of both sides' gates. A level that one side lacks (its gate ends before)
  // has no weight; the gates then count by what they say of the levels that both have.
  std::vector<float> level_weights(std::span<const float> query_gate,
                                   std::span<const float> key_gate, double gap_seconds) const;

  // The similarities of the levels [levels] weighted so: one figure for both sides.
  float combine(std::span<const float> by_level, std::span<const float> query_gate,
                std::span<const float> key_gate, double gap_seconds) const;

  // Probability that a similarity, weighted over the levels, is of the same thing: 0..1.
  float probability(float similarity) const;

 private:
  FeatureShape shape_;
  MatchParameters parameters_;
};

}  // namespace deepstack
