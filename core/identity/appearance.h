// Appearance: one observation of something, ready to be compared: the tokens of its Feature at length
// 1, the share of the gate each level got, and when it was. Of a pass that stopped early it has the
// first levels only. Plain values.
#pragma once

#include <vector>

#include "core/identity/feature.h"

namespace deepstack {

struct Appearance {
  std::vector<float> tokens;  // [levels, tokens, width], each of length 1, or 0 when it was 0 or absent
  std::vector<float> gate;    // [levels that are there], mean over the tokens; sums to 1
  double seconds = 0;         // media time
  float quality = 1;          // 0..1, how much the view can say (view_quality.h)

  // Identities are decided and learnt by these only.
  bool full_depth(const FeatureShape& shape) const {
    return gate.size() == static_cast<size_t>(shape.levels);
  }
};

Appearance make_appearance(const Feature& feature, const FeatureShape& shape, double seconds);

// Mean cosine of tokens at the same place, over all levels: -1..1. Cheap, without attention; used to
// tell whether two views of one identity add anything to each other.
float aligned_similarity(const std::vector<float>& a, const std::vector<float>& b,
                         const FeatureShape& shape);

}  // namespace deepstack
