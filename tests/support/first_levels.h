// Features with fewer levels than the model has, as an encoder with on-demand levels says them.
#pragma once

#include <algorithm>
#include <vector>

#include "core/encoder.h"

namespace deepstack::test {

// What a pass that stopped after so many levels says: those levels, a gate that chooses between
// them, and nothing fused. REQUIRES: the feature is at full depth, 1 <= levels <= shape.levels.
inline Feature first_levels(const Feature& feature, const FeatureShape& shape, int levels) {
  if (levels == shape.levels) return feature;
  const auto kept = static_cast<size_t>(levels);
  Feature first;
  first.tokens.assign(
      feature.tokens.begin(),
      feature.tokens.begin() + static_cast<std::ptrdiff_t>(kept * shape.level_size()));
  for (size_t i = 0; i < feature.gates.size(); i += static_cast<size_t>(shape.levels)) {
    float sum = 0;
    for (size_t l = 0; l < kept; ++l) sum += feature.gates[i + l];
    for (size_t l = 0; l < kept; ++l) first.gates.push_back(feature.gates[i + l] / sum);
  }
  return first;
}

// encode_adaptively() of an encoder that would say these at full depth. A deeper group of blocks
// that is run fails with this status, if it is an error.
inline Result<std::vector<Feature>> as_deep_as_needed(const std::vector<Feature>& full,
                                                      const FeatureShape& shape,
                                                      const GoDeeper& go_deeper,
                                                      const Status& deeper_fails = {}) {
  std::vector<Feature> features;
  for (const Feature& feature : full) features.push_back(first_levels(feature, shape, 1));
  std::vector<bool> open(full.size(), true);
  for (int level = 2; level <= shape.levels; ++level) {
    if (std::find(open.begin(), open.end(), true) == open.end()) break;
    const Result<std::vector<bool>> deeper = go_deeper(features);
    if (!deeper.ok()) return deeper.status();
    for (size_t i = 0; i < full.size(); ++i) {
      open[i] = open[i] && (*deeper)[i];
      if (open[i] && !deeper_fails.ok()) return deeper_fails;
      if (open[i]) features[i] = first_levels(full[i], shape, level);
    }
  }
  return features;
}

}  // namespace deepstack::test
