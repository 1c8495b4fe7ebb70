#include "core/model/matcher.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ATen.h>

#include "core/model/mrope.h"
#include "core/model/serial_scope.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

struct Rotated {
  at::Tensor plain;    // [N, L, K, H]
  at::Tensor rotated;  // the same, turned by its positions
};

// Positions of every token of every sample, [N * L * K, 3]: seconds x rate, row and column of the
// cell, each times its axis' amplitude.
at::Tensor token_positions(std::span<const MatchSample> samples, const FeatureShape& shape,
                           const MatchParameters& parameters) {
  const auto& [time, row, column] = parameters.mrope_amplitude;
  const auto count = static_cast<int64_t>(samples.size());
  at::Tensor positions = at::empty({count * shape.levels * shape.tokens(), 3}, at::kDouble);
  double* out = positions.mutable_data_ptr<double>();
  for (const MatchSample& sample : samples) {
    for (int token = 0; token < shape.levels * shape.tokens(); ++token) {
      const int cell = token % shape.tokens();
      *out++ = sample.seconds * parameters.mrope_rate * time;
      *out++ = cell / shape.columns * row;
      *out++ = cell % shape.columns * column;
    }
  }
  return positions;
}

Rotated prepare(std::span<const MatchSample> samples, const FeatureShape& shape,
                const MatchParameters& parameters, const at::Tensor& frequency) {
  const auto count = static_cast<int64_t>(samples.size());
  at::Tensor plain = at::empty({count, shape.levels, shape.tokens(), shape.width}, at::kFloat);
  float* out = plain.mutable_data_ptr<float>();
  for (const MatchSample& sample : samples) {
    out = std::copy_n(sample.tokens, shape.tokens_size(), out);
  }
  const std::vector<int64_t> section(parameters.mrope_section.begin(),
                                     parameters.mrope_section.end());
  const at::Tensor rotated =
      mrope(plain.view({-1, shape.width}), token_positions(samples, shape, parameters), frequency,
            section);
  return {plain, rotated.view(plain.sizes())};
}

// What the first levels have of a gate; 1 when they are all there is.
float share_of_first(std::span<const float> gate, size_t levels) {
  if (levels == gate.size()) return 1;
  return std::max(1e-6F, std::accumulate(gate.begin(), gate.begin() + levels, 0.0F));
}

}  // namespace

Result<std::vector<float>> Matcher::similarities(std::span<const MatchSample> queries,
                                                 std::span<const MatchSample> keys,
                                                 std::span<const int64_t> offsets) const {
  const size_t groups = offsets.size() - 1;
  std::vector<float> result(queries.size() * groups * static_cast<size_t>(shape_.levels), 0.0F);
  if (result.empty() || keys.empty()) return result;
  const Result<MropeFrequencies> rope =
      mrope_frequencies(shape_.width / 2, parameters_.mrope_theta);
  if (!rope.ok()) return rope.status();
  try {
    const c10::InferenceMode inference;
    const SerialScope serial;
    const at::Tensor frequency = at::tensor(rope->frequency, at::kDouble);
    const Rotated query = prepare(queries, shape_, parameters_, frequency);
    const Rotated key = prepare(keys, shape_, parameters_, frequency);
    const at::Tensor similarity =
        match(query.plain, query.rotated, key.plain, key.rotated,
              at::tensor(at::ArrayRef<int64_t>(offsets.data(), offsets.size())),
              parameters_.attention_scale)
            .contiguous();
    std::copy_n(similarity.const_data_ptr<float>(), result.size(), result.begin());
    return result;
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory while matching");
  } catch (const std::exception& error) {
    return internal(std::string("matching failed: ") + error.what());
  }
}

std::vector<float> Matcher::level_weights(std::span<const float> query_gate,
                                          std::span<const float> key_gate,
                                          double gap_seconds) const {
  const auto gap = static_cast<float>(std::log1p(std::max(0.0, gap_seconds)));
  const size_t shared = std::min(query_gate.size(), key_gate.size());
  const float query_share = share_of_first(query_gate, shared);
  const float key_share = share_of_first(key_gate, shared);
  std::vector<float> weights(static_cast<size_t>(shape_.levels), 0.0F);
  for (size_t l = 0; l < shared; ++l) {
    const float gate =
        std::max(1e-6F, 0.5F * (query_gate[l] / query_share + key_gate[l] / key_share));
    weights[l] = std::log(gate) + parameters_.level_bias[l] + parameters_.level_gap_slope[l] * gap;
  }
  const std::span<float> present(weights.data(), shared);
  const float largest = *std::max_element(present.begin(), present.end());
  float sum = 0;
  for (float& weight : present) sum += weight = std::exp(weight - largest);
  for (float& weight : present) weight /= sum;
  return weights;
}

float Matcher::combine(std::span<const float> by_level, std::span<const float> query_gate,
                       std::span<const float> key_gate, double gap_seconds) const {
  const std::vector<float> weights = level_weights(query_gate, key_gate, gap_seconds);
  float sum = 0;
  for (size_t l = 0; l < weights.size(); ++l) sum += weights[l] * by_level[l];
  return sum;
}

float Matcher::probability(float similarity) const {
  return 1 / (1 + std::exp(-parameters_.scale * (similarity - parameters_.offset)));
}

}  // namespace deepstack
