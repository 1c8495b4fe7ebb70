#include "core/model/adaptation.h"

#include <algorithm>
#include <chrono>

#include "core/model/head_training.h"
#include "core/model/match_calibration.h"
#include "core/model/tracked_taps.h"

namespace deepstack {
namespace {

constexpr int kMostSteps = 100'000;
// Amplitudes that are tried for each axis, beside the model's own.
constexpr double kAmplitudes[] = {0, 0.5, 1};
// An amplitude is changed only for so much less loss.
constexpr double kAmplitudeGain = 0.002;

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Status check(const AdaptationSettings& settings) {
  if (settings.steps < 1 || settings.steps > kMostSteps) {
    return invalid("steps is " + std::to_string(settings.steps) + ", must be 1.." +
                   std::to_string(kMostSteps));
  }
  if (settings.batch_size < 1) {
    return invalid("batch-size is " + std::to_string(settings.batch_size) + ", must be at least 1");
  }
  return {};
}

FeatureShape shape_of(const ModelConfig& config) {
  return {config.levels(), config.pool_rows, config.pool_columns, config.level_width()};
}

// One adaptation of one model.
class Run {
 public:
  Run(const VisionModel& model, const AdaptationTracks& tracks, const AdaptationSettings& settings)
      : config_(model.config), tracks_(tracks), settings_(settings) {}

  Result<Adaptation> run(const VisionModel& model) {
    tell("the tower looks at " + std::to_string(tracks_.view_count) + " views of " +
         std::to_string(tracks_.tracks.size()) + " tracks");
    const Stopwatch look;
    Result<TrackedTaps> taps =
        TrackedTaps::look(model, tracks_, settings_.batch_size, settings_.seed);
    if (!taps.ok()) return taps.status();
    Adaptation adaptation{count(), {}};
    AdaptationReport& report = adaptation.report;
    report.look_s = look.seconds();
    const Stopwatch train;
    TrainableFusion fusion(config_, model.fusion);
    const ViewAppearances before = taps->appearances(fusion);
    tell("training on " + std::to_string(taps->bytes() >> 20) + " MiB of the tower's answers");
    const TrainingOutcome outcome =
        train_head(fusion, *taps, config_, settings_.steps, settings_.seed);
    report.steps = outcome.steps;
    report.first_loss = outcome.first_loss;
    report.last_loss = outcome.last_loss;
    const ViewAppearances after = taps->appearances(fusion);
    tell("calibrating");
    Result<MatchParameters> match = calibrate(after);
    if (!match.ok()) return match.status();
    report.train_s = train.seconds();
    if (Status status = measure(before, after, *match, report); !status.ok()) return status;
    adaptation.head = {head_config(config_, settings_.name, *match), fusion.tensors()};
    return adaptation;
  }

 private:
  void tell(const std::string& line) const {
    if (settings_.progress) settings_.progress(line);
  }

  AdaptationReport count() const {
    AdaptationReport report;
    report.tracks = tracks_.tracks.size();
    report.held_out_tracks = tracks_.of(TrackPart::kHeldOut).size();
    report.views = tracks_.view_count;
    report.short_tracks = tracks_.short_tracks;
    report.unusable_views = tracks_.unusable_views;
    report.surplus_views = tracks_.surplus_views;
    return report;
  }

  Result<MatchCalibration> calibrate_with(const ViewAppearances& views,
                                          const MatchParameters& match) const {
    std::vector<MatchTrial> all;
    size_t tracks = 0;
    for (const TrackPart part : {TrackPart::kTraining, TrackPart::kValidation}) {
      const std::vector<size_t> places = tracks_.of(part);
      tracks += places.size();
      Result<std::vector<MatchTrial>> trials =
          run_trials(tracks_, places, draw_trials(tracks_, places, settings_.seed), views,
                     Matcher(shape_of(config_), match));
      if (!trials.ok()) return trials.status();
      all.insert(all.end(), std::make_move_iterator(trials->begin()),
                 std::make_move_iterator(trials->end()));
    }
    return calibrate_match(all, match, tracks);
  }

  // Axis by axis the amplitude that leaves the least loss, and the calibration that goes with it.
  Result<MatchParameters> calibrate(const ViewAppearances& views) const {
    Result<MatchCalibration> best = calibrate_with(views, config_.match);
    if (!best.ok()) return best.status();
    for (size_t axis = 0; axis < config_.match.mrope_amplitude.size(); ++axis) {
      for (const double amplitude : kAmplitudes) {
        if (amplitude == best->match.mrope_amplitude[axis]) continue;
        MatchParameters other = config_.match;
        other.mrope_amplitude = best->match.mrope_amplitude;
        other.mrope_amplitude[axis] = amplitude;
        Result<MatchCalibration> tried = calibrate_with(views, other);
        if (!tried.ok()) return tried.status();
        if (tried->loss < best->loss - kAmplitudeGain) best = std::move(tried);
      }
    }
    return best->match;
  }

  Status measure(const ViewAppearances& before, const ViewAppearances& after,
                 const MatchParameters& match, AdaptationReport& report) const {
    const std::vector<size_t> places = tracks_.of(TrackPart::kHeldOut);
    const std::vector<TrialDraw> draws = draw_trials(tracks_, places, settings_.seed);
    const Matcher old_matcher(shape_of(config_), config_.match);
    const Matcher new_matcher(shape_of(config_), match);
    const auto old_trials = run_trials(tracks_, places, draws, before, old_matcher);
    if (!old_trials.ok()) return old_trials.status();
    const auto new_trials = run_trials(tracks_, places, draws, after, new_matcher);
    if (!new_trials.ok()) return new_trials.status();
    for (const bool relit : {false, true}) {
      report.before[relit] = score_trials(*old_trials, old_matcher, relit);
      report.after[relit] = score_trials(*new_trials, new_matcher, relit);
    }
    report.gain = gain_of(*old_trials, old_matcher, *new_trials, new_matcher, settings_.seed);
    report.gained = is_gain(report.gain);
    return {};
  }

  const ModelConfig& config_;
  const AdaptationTracks& tracks_;
  const AdaptationSettings& settings_;
};

}  // namespace

Result<Adaptation> adapt_head(const ModelSource& source, const ViewSet& views,
                              const AdaptationSettings& settings) {
  if (Status status = check(settings); !status.ok()) return status;
  const Result<std::shared_ptr<const VisionModel>> model = VisionModel::load(source, false);
  if (!model.ok()) return model.status();
  const int64_t bytes_a_view =
      TapCache::bytes_a_picture((*model)->config) * static_cast<int64_t>(kCopies);
  const Result<AdaptationTracks> tracks = select_tracks(
      views, static_cast<size_t>(std::max<int64_t>(0, settings.cache_bytes / bytes_a_view)),
      settings.seed);
  if (!tracks.ok()) return tracks.status();
  try {
    return Run(**model, *tracks, settings).run(**model);
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory while adapting");
  } catch (const std::exception& error) {
    return internal(std::string("adapting failed: ") + error.what());
  }
}

}  // namespace deepstack
