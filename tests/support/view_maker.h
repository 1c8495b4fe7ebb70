// ViewMaker: appearances as a model gives them, without a model: every token is a direction of the
// identity on that level, one of the place on the body that all share, and noise of the view.
// Seeded.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/identity/appearance.h"
#include "core/identity/match_parameters.h"

namespace deepstack::test {

class ViewMaker {
 public:
  static FeatureShape shape() { return {.levels = 3, .rows = 4, .columns = 2, .width = 64}; }
  static MatchParameters match() {
    MatchParameters match;
    match.level_bias = {0, 0, 0};
    match.level_gap_slope = {-0.2F, 0, 0.2F};
    return match;
  }

  explicit ViewMaker(uint32_t seed = 1) : state_(seed) {
    for (size_t i = 0; i < shape().tokens_size(); ++i) place_.push_back(0.7F * next());
  }

  // What an identity is, [levels, width].
  std::vector<float> person() {
    std::vector<float> person;
    for (int i = 0; i < shape().levels * shape().width; ++i) person.push_back(next());
    return person;
  }
  // Someone else who looks much like this.
  std::vector<float> double_of(std::vector<float> person) {
    for (float& value : person) value += 0.25F * next();
    return person;
  }
  Appearance view(const std::vector<float>& person, double seconds, float noise = 0.5F) {
    Feature feature;
    const auto width = static_cast<size_t>(shape().width);
    for (size_t i = 0; i < shape().tokens_size(); ++i) {
      const size_t level = i / shape().level_size();
      feature.tokens.push_back(person[level * width + i % width] + place_[i] + noise * next());
    }
    feature.gates.assign(static_cast<size_t>(shape().tokens() * shape().levels), 1.0F / 3);
    return make_appearance(feature, shape(), seconds);
  }

 private:
  // -1..1, flat: fast, and as good as normal in 64 directions.
  float next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<float>(state_ >> 8U) / static_cast<float>(1U << 23U) - 1;
  }

  uint32_t state_;
  std::vector<float> place_;
};

}  // namespace deepstack::test
