#include "core/model/head_training.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

#include <torch/optim/adamw.h>

#include "core/model/serial_scope.h"
#include "core/uniform.h"

namespace deepstack {
namespace {

constexpr size_t kTracks = 16;  // of a batch
constexpr size_t kViews = 4;    // of a track
constexpr double kRate = 1e-3;
constexpr int kWarmUp = 20;
constexpr int kCheckEvery = 20;
constexpr int kPatience = 5;  // checks without a gain
constexpr size_t kValidationBatches = 6;
constexpr double kShortestGap_s = 0.1;
constexpr double kLongestGap_s = 86'400;

struct Batch {
  std::vector<int64_t> pictures;
  std::vector<size_t> tracks;
  std::vector<double> seconds;
  KnownPairs known;
};

// Batches of one part: tracks beside some that were seen together with them.
class Batches {
 public:
  Batches(const TrackedTaps& taps, TrackPart part, uint64_t seed)
      : taps_(taps), places_(taps.tracks().of(part)), random_(static_cast<uint32_t>(seed)) {}

  Batch next() {
    Batch batch;
    const bool long_gaps = uniform(random_, 0, 1) < 0.5;
    for (const size_t track : choose_tracks()) {
      const size_t count = taps_.tracks().tracks[track].views.size();
      const size_t wanted = std::min(kViews, count);
      for (size_t i = 0; i < wanted; ++i) {
        // One of each stretch of the track's life, so that pairs are far apart.
        const size_t first = i * count / wanted;
        const size_t last = (i + 1) * count / wanted;
        add(batch, track, first + random_() % (last - first), long_gaps);
      }
    }
    mark_known(batch);
    return batch;
  }

 private:
  std::vector<size_t> choose_tracks() {
    std::set<size_t> chosen;
    const size_t wanted = std::min(kTracks, places_.size());
    while (chosen.size() < wanted) {
      const size_t seed = places_[random_() % places_.size()];
      chosen.insert(seed);
      std::vector<size_t> others = taps_.tracks().tracks[seed].different;
      for (size_t i = 0; i < others.size() && i < 4 && chosen.size() < wanted; ++i) {
        std::swap(others[i], others[i + random_() % (others.size() - i)]);
        chosen.insert(others[i]);
      }
    }
    return {chosen.begin(), chosen.end()};
  }

  void add(Batch& batch, size_t track, size_t view, bool long_gaps) {
    batch.pictures.push_back(taps_.picture(track, view, random_() % taps_.copies(track)));
    batch.tracks.push_back(track);
    const double drawn =
        std::exp(uniform(random_, std::log(kShortestGap_s), std::log(kLongestGap_s)));
    batch.seconds.push_back(long_gaps ? drawn : taps_.tracks().tracks[track].views[view]->seconds);
  }

  void mark_known(Batch& batch) const {
    const auto count = static_cast<int64_t>(batch.tracks.size());
    batch.known.same = at::zeros({count, count}, at::kBool);
    batch.known.different = at::zeros({count, count}, at::kBool);
    auto same = batch.known.same.accessor<bool, 2>();
    auto different = batch.known.different.accessor<bool, 2>();
    for (int64_t i = 0; i < count; ++i) {
      const size_t track = batch.tracks[static_cast<size_t>(i)];
      for (int64_t j = 0; j < count; ++j) {
        const size_t other = batch.tracks[static_cast<size_t>(j)];
        same[i][j] = i != j && track == other;
        different[i][j] = taps_.tracks().tracks[track].differs_from(other);
      }
    }
  }

  const TrackedTaps& taps_;
  const std::vector<size_t> places_;
  std::mt19937 random_;
};

double rate_at(int step, int steps) {
  const double progress = static_cast<double>(step) / steps;
  return kRate * std::min(1.0, (step + 1.0) / kWarmUp) *
         (0.02 + 0.98 * 0.5 * (1 + std::cos(std::numbers::pi * progress)));
}

double validate(const TrainableFusion& fusion, const TrackedTaps& taps, const AdaptationLoss& loss,
                const std::vector<Batch>& batches) {
  const c10::NoGradGuard no_gradient;
  double sum = 0;
  for (const Batch& batch : batches) {
    const std::vector<at::Tensor> scores =
        loss.scores(fusion.forward(taps.taps(batch.pictures)), batch.seconds);
    sum += AdaptationLoss::contrast(scores, batch.known).item<double>();
  }
  return sum / static_cast<double>(batches.size());
}

// The loss of a batch; the original head sees the same pictures.
at::Tensor loss_of(const TrainableFusion& fusion, const TrainableFusion& original,
                   const TrackedTaps& taps, const AdaptationLoss& loss, const Batch& batch) {
  const std::vector<at::Tensor> inputs = taps.taps(batch.pictures);
  std::vector<at::Tensor> before;
  {
    const c10::NoGradGuard no_gradient;
    before = loss.scores(original.forward(inputs), batch.seconds);
  }
  const std::vector<at::Tensor> scores = loss.scores(fusion.forward(inputs), batch.seconds);
  return AdaptationLoss::contrast(scores, batch.known) +
         AdaptationLoss::kRelationWeight * AdaptationLoss::relation(scores, before, batch.known) +
         AdaptationLoss::kAnchorWeight * loss.anchor(fusion);
}

}  // namespace

TrainingOutcome train_head(TrainableFusion& fusion, const TrackedTaps& taps,
                           const ModelConfig& config, int most_steps, uint64_t seed) {
  const SerialScope serial;
  const FeatureShape shape{config.levels(), config.pool_rows, config.pool_columns,
                           config.level_width()};
  const AdaptationLoss loss(shape, config.match, fusion.copy());
  const TrainableFusion original = fusion.frozen();
  Batches validation_batches(taps, TrackPart::kValidation, seed + 1);
  std::vector<Batch> validation;
  for (size_t i = 0; i < kValidationBatches; ++i) validation.push_back(validation_batches.next());

  torch::optim::AdamW optimiser(
      fusion.trained(), torch::optim::AdamWOptions(kRate).betas({0.9, 0.98}).weight_decay(0));
  Batches batches(taps, TrackPart::kTraining, seed);
  TrainingOutcome outcome;
  TrainableFusion::Named best = fusion.copy();
  double best_validation = validate(fusion, taps, loss, validation);
  std::vector<double> losses;
  int checks_without_gain = 0;
  for (int step = 0; step < most_steps && checks_without_gain < kPatience; ++step) {
    optimiser.param_groups().front().options().set_lr(rate_at(step, most_steps));
    optimiser.zero_grad();
    const at::Tensor value = loss_of(fusion, original, taps, loss, batches.next());
    value.backward();
    optimiser.step();
    losses.push_back(value.item<double>());
    if ((step + 1) % kCheckEvery != 0) continue;
    const double now = validate(fusion, taps, loss, validation);
    ++checks_without_gain;
    if (!(now < best_validation)) continue;
    best_validation = now;
    best = fusion.copy();
    outcome.steps = step + 1;
    checks_without_gain = 0;
  }
  fusion.restore(best);
  const size_t tenth = std::max<size_t>(1, losses.size() / 10);
  for (size_t i = 0; i < std::min(tenth, losses.size()); ++i) {
    outcome.first_loss += losses[i] / static_cast<double>(tenth);
    outcome.last_loss += losses[losses.size() - 1 - i] / static_cast<double>(tenth);
  }
  return outcome;
}

}  // namespace deepstack
