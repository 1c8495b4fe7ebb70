#include "core/model/match_calibration.h"

#include <algorithm>
#include <cmath>

#include <torch/optim/lbfgs.h>

#include "core/model/match_graph.h"
#include "core/model/serial_scope.h"

namespace deepstack {
namespace {

constexpr int kSteps = 60;
// A false match costs so many misses.
constexpr double kFalseMatchCost = 3;
// The model's own parameters count like an answer from so many tracks: a few of the user's move
// them little. Each is held by its square over the square of what is a large step for it.
constexpr double kPriorTracks = 50;
constexpr double kPriorWeight = 0.02;
constexpr double kBiasStep = 1;
constexpr double kSlopeStep = 0.15;  // slopes act on logarithms of up to 12
constexpr double kOffsetStep = 0.1;
constexpr double kScaleStep = 1;  // of its logarithm
constexpr double kLargestScale = 200;

struct Answers {
  at::Tensor similarity;  // [N, L]
  at::Tensor gate;        // [N, L]
  at::Tensor gap_s;       // [N]
  at::Tensor same;        // [N] bool
};

Answers answers_of(const std::vector<MatchTrial>& trials) {
  std::vector<float> similarity, gate, gap;
  std::vector<uint8_t> same;
  for (const MatchTrial& trial : trials) {
    for (size_t l = 0; l < trial.similarity.size(); ++l) {
      similarity.push_back(trial.similarity[l]);
      gate.push_back(0.5F * (trial.query_gate[l] + trial.key_gate[l]));
    }
    gap.push_back(static_cast<float>(trial.gap_s()));
    same.push_back(trial.same());
  }
  const auto count = static_cast<int64_t>(trials.size());
  return {at::tensor(similarity).view({count, -1}), at::tensor(gate).view({count, -1}),
          at::tensor(gap), at::tensor(same).to(at::kBool)};
}

// Mean surprise, same and different pairs with equal weight but for the cost of a false match.
at::Tensor weighted_loss(const at::Tensor& logits, const at::Tensor& same) {
  const at::Tensor loss = at::softplus(at::where(same, -logits, logits));
  return (loss.index({same}).mean() + kFalseMatchCost * loss.index({~same}).mean()) /
         (1 + kFalseMatchCost);
}

void minimise(const std::function<at::Tensor()>& loss, const std::vector<at::Tensor>& parameters) {
  torch::optim::LBFGS optimiser(
      parameters, torch::optim::LBFGSOptions(1).max_iter(kSteps).line_search_fn("strong_wolfe"));
  optimiser.step([&] {
    optimiser.zero_grad();
    at::Tensor value = loss();
    value.backward();
    return value;
  });
}

std::vector<float> values_of(const at::Tensor& x) {
  const at::Tensor host = x.detach().contiguous();
  return {host.const_data_ptr<float>(), host.const_data_ptr<float>() + host.numel()};
}

at::Tensor square_of(const at::Tensor& move, double step) { return (move / step).square().sum(); }

MatchCalibration fit(const Answers& answers, const MatchParameters& match, double prior) {
  const at::Tensor bias_before = at::tensor(match.level_bias);
  const at::Tensor slope_before = at::tensor(match.level_gap_slope);
  // The last level's stay as they are: only differences count.
  at::Tensor free = at::ones_like(bias_before);
  free[-1] = 0;
  const at::Tensor bias = at::zeros_like(free).set_requires_grad(true);
  const at::Tensor slope = at::zeros_like(free).set_requires_grad(true);
  const at::Tensor log_scale = at::zeros({}).set_requires_grad(true);  // times the model's own
  const at::Tensor offset = at::zeros({}).set_requires_grad(true);     // beside the model's own
  const auto data_loss = [&] {
    const at::Tensor similarity =
        combine_levels(answers.similarity, answers.gate, answers.gap_s, bias_before + bias * free,
                       slope_before + slope * free);
    return weighted_loss(match.scale * log_scale.exp() * (similarity - match.offset - offset),
                         answers.same);
  };
  minimise(
      [&] {
        return data_loss() +
               prior * (square_of(bias, kBiasStep) + square_of(slope, kSlopeStep) +
                        square_of(offset, kOffsetStep) + square_of(log_scale, kScaleStep));
      },
      {bias, slope, log_scale, offset});

  const c10::NoGradGuard no_gradient;
  MatchCalibration fitted{match, data_loss().item<double>()};
  fitted.match.level_bias = values_of(bias_before + bias * free);
  fitted.match.level_gap_slope = values_of(slope_before + slope * free);
  fitted.match.offset = match.offset + offset.item<float>();
  fitted.match.scale = static_cast<float>(
      std::clamp(match.scale * log_scale.exp().item<double>(), 1.0, kLargestScale));
  return fitted;
}

bool is_finite(const MatchParameters& match) {
  bool finite = std::isfinite(match.scale) && std::isfinite(match.offset);
  for (const float value : match.level_bias) finite = finite && std::isfinite(value);
  for (const float value : match.level_gap_slope) finite = finite && std::isfinite(value);
  return finite;
}

}  // namespace

Result<MatchCalibration> calibrate_match(const std::vector<MatchTrial>& trials,
                                         const MatchParameters& match, size_t tracks) {
  try {
    const SerialScope serial;
    const Answers answers = answers_of(trials);
    const double prior =
        kPriorWeight * kPriorTracks / static_cast<double>(std::max<size_t>(1, tracks));
    const MatchCalibration fitted = fit(answers, match, prior);
    if (!is_finite(fitted.match)) return internal("the calibration found no finite parameters");
    return fitted;
  } catch (const std::exception& error) {
    return internal(std::string("calibration failed: ") + error.what());
  }
}

}  // namespace deepstack
