#include "core/model/match_trials.h"

#include <algorithm>
#include <map>
#include <random>

namespace deepstack {
namespace {

constexpr size_t kMostDraws = 6;
constexpr size_t kMostTrialsOfTracks = 1200;  // draws x tracks; of few tracks more is asked
constexpr size_t kQueriesAtOnce = 32;         // bounds what the matcher holds

// count of first .. last - 1, rising.
std::vector<size_t> pick(size_t first, size_t last, size_t count, std::mt19937& random) {
  std::vector<size_t> all;
  for (size_t i = first; i < last; ++i) all.push_back(i);
  for (size_t i = 0; i < count; ++i) {
    std::swap(all[i], all[i + random() % (all.size() - i)]);
  }
  all.resize(count);
  std::ranges::sort(all);
  return all;
}

// Seconds between two views of the set.
class ViewTimes {
 public:
  explicit ViewTimes(const AdaptationTracks& tracks) {
    for (const AdaptationTrack& track : tracks.tracks) {
      for (const TrackView* view : track.views) seconds_.push_back(view->seconds);
    }
  }
  double operator[](size_t view) const { return seconds_[view]; }

 private:
  std::vector<double> seconds_;
};

// One draw under one light: every query of the part against every track's keys.
struct Comparison {
  const std::vector<size_t>& part;
  const TrialDraw& draw;
  const ViewAppearances& appearances;
  const ViewTimes& times;
  const Matcher& matcher;

  // Each track's last known view is at 0 s.
  std::vector<MatchSample> keys() const {
    std::vector<MatchSample> samples;
    for (size_t i = 0; i < draw.keys.size(); ++i) {
      const size_t last = draw.keys[i / kKeyViews * kKeyViews + kKeyViews - 1];
      const size_t view = draw.keys[i];
      samples.push_back({appearances.plain[view].tokens.data(), times[view] - times[last]});
    }
    return samples;
  }

  // Similarities [part, part, levels], the mean over each track's queries.
  Result<std::vector<float>> run(bool relit) const {
    const std::vector<MatchSample> known = keys();
    std::vector<int64_t> offsets;
    for (size_t g = 0; g <= part.size(); ++g) {
      offsets.push_back(static_cast<int64_t>(g * kKeyViews));
    }
    const std::vector<Appearance>& looks = relit ? appearances.relit : appearances.plain;
    const size_t row = part.size() * static_cast<size_t>(matcher.shape().levels);
    std::vector<float> mean(part.size() * row, 0.0F);
    for (size_t first = 0; first < draw.queries.size(); first += kQueriesAtOnce) {
      const size_t last = std::min(draw.queries.size(), first + kQueriesAtOnce);
      std::vector<MatchSample> queries;
      for (size_t i = first; i < last; ++i) {
        const size_t earliest = draw.queries[i / kQueryViews * kQueryViews];
        const size_t view = draw.queries[i];
        queries.push_back({looks[view].tokens.data(),
                           (relit ? kRelitGap_s : kPlainGap_s) + times[view] - times[earliest]});
      }
      Result<std::vector<float>> similarity = matcher.similarities(queries, known, offsets);
      if (!similarity.ok()) return similarity.status();
      for (size_t i = first; i < last; ++i) {
        for (size_t c = 0; c < row; ++c) {
          mean[i / kQueryViews * row + c] +=
              (*similarity)[(i - first) * row + c] / static_cast<float>(kQueryViews);
        }
      }
    }
    return mean;
  }
};

}  // namespace

std::vector<TrialDraw> draw_trials(const AdaptationTracks& tracks, const std::vector<size_t>& part,
                                   uint64_t seed) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  const size_t count =
      std::clamp<size_t>(kMostTrialsOfTracks / std::max<size_t>(1, part.size()), 1, kMostDraws);
  std::vector<TrialDraw> draws(count);
  for (TrialDraw& draw : draws) {
    for (const size_t place : part) {
      const AdaptationTrack& track = tracks.tracks[place];
      const size_t views = track.views.size();
      const size_t border = std::clamp(views * 3 / 5, kKeyViews, views - kQueryViews);
      for (const size_t i : pick(0, border, kKeyViews, random)) {
        draw.keys.push_back(track.first_view + i);
      }
      for (const size_t i : pick(border, views, kQueryViews, random)) {
        draw.queries.push_back(track.first_view + i);
      }
    }
  }
  return draws;
}

Result<std::vector<MatchTrial>> run_trials(const AdaptationTracks& tracks,
                                           const std::vector<size_t>& part,
                                           const std::vector<TrialDraw>& draws,
                                           const ViewAppearances& appearances,
                                           const Matcher& matcher) {
  const ViewTimes times(tracks);
  const auto levels = static_cast<size_t>(matcher.shape().levels);
  std::vector<MatchTrial> trials;
  for (size_t d = 0; d < draws.size(); ++d) {
    const TrialDraw& draw = draws[d];
    const Comparison comparison{part, draw, appearances, times, matcher};
    for (const bool relit : {false, true}) {
      const Result<std::vector<float>> mean = comparison.run(relit);
      if (!mean.ok()) return mean.status();
      for (size_t q = 0; q < part.size(); ++q) {
        for (size_t k = 0; k < part.size(); ++k) {
          if (q != k && !tracks.tracks[part[q]].differs_from(part[k])) continue;
          const float* first = mean->data() + (q * part.size() + k) * levels;
          const size_t query = draw.queries[q * kQueryViews + kQueryViews - 1];
          const size_t key = draw.keys[k * kKeyViews + kKeyViews - 1];
          trials.push_back({q, k, d, relit, std::vector<float>(first, first + levels),
                            (relit ? appearances.relit : appearances.plain)[query].gate,
                            appearances.plain[key].gate});
        }
      }
    }
  }
  return trials;
}

float combined_similarity(const MatchTrial& trial, const Matcher& matcher) {
  return matcher.combine(trial.similarity, trial.query_gate, trial.key_gate, trial.gap_s());
}

}  // namespace deepstack
