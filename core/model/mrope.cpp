#include "core/model/mrope.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace deepstack {
namespace {

constexpr int kMaxPairs = 32768;
constexpr double kMaxFactor = 1e6;

// Channel pairs that turn this often or more within the original context keep their frequency;
// those that turn this often or less have it divided by the factor (YaRN, beta_fast and beta_slow).
constexpr double kFastTurns = 32;
constexpr double kSlowTurns = 1;

Status check_yarn(double theta, const YarnScaling& yarn) {
  if (!(theta > 1)) {
    return invalid("rope theta is " + std::to_string(theta) + ", YaRN needs it above 1");
  }
  if (!(yarn.factor >= 1 && yarn.factor <= kMaxFactor)) {
    return invalid("the YaRN factor is " + std::to_string(yarn.factor) + ", not within 1..1000000");
  }
  if (yarn.original_positions < 1) {
    return invalid("the original context of YaRN is " + std::to_string(yarn.original_positions) +
                   " positions, not above 0");
  }
  return {};
}

void scale(MropeFrequencies& rope, double theta, const YarnScaling& yarn) {
  const auto pairs = static_cast<double>(rope.frequency.size());
  // The pair that turns so often within the original context: positions theta^(-i / pairs) = 2 pi
  // turns.
  const auto pair_turning = [&](double turns) {
    const double wavelengths =
        static_cast<double>(yarn.original_positions) / (2 * std::numbers::pi * turns);
    return pairs * std::log(wavelengths) / std::log(theta);
  };
  const double low = std::max(std::floor(pair_turning(kFastTurns)), 0.0);
  // The reference limits by the channels, not the pairs, and so do we.
  double high = std::min(std::ceil(pair_turning(kSlowTurns)), 2 * pairs - 1);
  if (high == low) high += 0.001;  // as the reference: a step instead of a ramp
  for (size_t i = 0; i < rope.frequency.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    rope.frequency[i] *= 1 - ramp + ramp / yarn.factor;
  }
  rope.magnitude = 1 + 0.1 * std::log(yarn.factor);
}

}  // namespace

Result<MropeFrequencies> mrope_frequencies(int pairs, double theta,
                                           const std::optional<YarnScaling>& yarn) {
  if (pairs < 1 || pairs > kMaxPairs) {
    return invalid("a rotary embedding has " + std::to_string(pairs) + " channel pairs, not 1.." +
                   std::to_string(kMaxPairs));
  }
  if (!std::isfinite(theta) || !(theta > 0)) {
    return invalid("rope theta is " + std::to_string(theta) + ", not above 0");
  }
  if (yarn) {
    if (Status status = check_yarn(theta, *yarn); !status.ok()) return status;
  }
  MropeFrequencies rope;
  rope.frequency.resize(static_cast<size_t>(pairs));
  for (int i = 0; i < pairs; ++i) {
    rope.frequency[static_cast<size_t>(i)] = std::pow(theta, -static_cast<double>(i) / pairs);
  }
  if (yarn) scale(rope, theta, *yarn);
  return rope;
}

int mrope_axis(int pair, const std::array<int, 3>& section) {
  for (const int axis : {1, 2}) {
    if (pair % 3 == axis && pair / 3 < section[static_cast<size_t>(axis)]) return axis;
  }
  return 0;
}

}  // namespace deepstack
