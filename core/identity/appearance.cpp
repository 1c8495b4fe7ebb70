#include "core/identity/appearance.h"

#include <cmath>

namespace deepstack {

Appearance make_appearance(const Feature& feature, const FeatureShape& shape, double seconds) {
  Appearance appearance{.tokens = feature.tokens, .gate = {}, .seconds = seconds};
  const auto width = static_cast<size_t>(shape.width);
  for (size_t first = 0; first < appearance.tokens.size(); first += width) {
    float squares = 0;
    for (size_t i = first; i < first + width; ++i) {
      squares += appearance.tokens[i] * appearance.tokens[i];
    }
    const float scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (size_t i = first; i < first + width; ++i) appearance.tokens[i] *= scale;
  }
  const auto levels = static_cast<size_t>(feature.levels(shape));
  appearance.tokens.resize(shape.tokens_size(), 0);
  appearance.gate.assign(levels, 0);
  for (size_t i = 0; i < feature.gates.size(); ++i) {
    appearance.gate[i % levels] += feature.gates[i] / static_cast<float>(shape.tokens());
  }
  return appearance;
}

float aligned_similarity(const std::vector<float>& a, const std::vector<float>& b,
                         const FeatureShape& shape) {
  float dot = 0;
  for (size_t i = 0; i < a.size(); ++i) dot += a[i] * b[i];
  return dot / static_cast<float>(shape.levels * shape.tokens());
}

}  // namespace deepstack
