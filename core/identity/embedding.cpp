#include "core/identity/embedding.h"

#include <cmath>
#include <span>
#include <string>

#include "core/identity/half_tokens.h"

namespace deepstack {
namespace {

Embedding mean_token(std::string level, std::span<const float> tokens, int width) {
  std::vector<float> mean(static_cast<size_t>(width), 0);
  for (size_t i = 0; i < tokens.size(); ++i) mean[i % mean.size()] += tokens[i];
  double squares = 0;
  for (const float value : mean) squares += double{value} * value;
  const auto scale = static_cast<float>(squares > 0 ? 1 / std::sqrt(squares) : 0);
  for (float& value : mean) value *= scale;
  return {std::move(level), to_half(mean)};
}

}  // namespace

std::vector<Embedding> make_embeddings(const Feature& feature, const FeatureShape& shape,
                                       Embeddings which) {
  std::vector<Embedding> embeddings;
  if (which == Embeddings::kFused && !feature.fused.empty()) {
    embeddings.push_back(mean_token("fused", feature.fused, shape.width));
  }
  if (which != Embeddings::kLevels) return embeddings;
  const std::span<const float> tokens = feature.tokens;
  for (int level = 0; level < feature.levels(shape); ++level) {
    embeddings.push_back(mean_token(
        std::to_string(level),
        tokens.subspan(static_cast<size_t>(level) * shape.level_size(), shape.level_size()),
        shape.width));
  }
  return embeddings;
}

}  // namespace deepstack
