#include "core/search/archive_search.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

#include "core/exhausted.h"
#include "core/identity/half_tokens.h"
#include "core/identity/summary_index.h"

namespace deepstack {
namespace {

constexpr double kUnknownGap_s = 3600;  // of a query whose time is not known

// Key views as the matcher reads them, track after track.
class Keys {
 public:
  Keys(const std::vector<std::vector<Sighting>>& tracks, const FeatureShape& shape,
       bool when_known) {
    size_t views = 0;
    for (const auto& track : tracks) views += track.size();
    tokens_.resize(views * shape.tokens_size());
    for (const auto& track : tracks) {
      for (const Sighting& view : track) {
        float* place = tokens_.data() + samples_.size() * shape.tokens_size();
        to_float(view.observation.tokens, place);
        samples_.push_back({place, when_known ? view.observation.seconds : 0});
        each_.push_back(static_cast<int64_t>(samples_.size()));
      }
      by_track_.push_back(static_cast<int64_t>(samples_.size()));
    }
  }

  std::span<const MatchSample> samples() const { return samples_; }
  std::span<const int64_t> by_track() const { return by_track_; }
  std::span<const int64_t> each() const { return each_; }

 private:
  std::vector<float> tokens_;
  std::vector<MatchSample> samples_;
  std::vector<int64_t> by_track_{0};
  std::vector<int64_t> each_{0};
};

// The mean over the queries, [groups, levels].
std::vector<float> mean_of(const std::vector<float>& similarities, size_t queries) {
  const size_t size = similarities.size() / queries;
  std::vector<float> mean(size, 0);
  for (size_t i = 0; i < similarities.size(); ++i) {
    mean[i % size] += similarities[i] / static_cast<float>(queries);
  }
  return mean;
}

double gap_s(const ArchiveQuery& query, const ArchiveObservation& view) {
  if (!query.when_known) return kUnknownGap_s;
  double nearest = std::abs(query.views.front().seconds - view.seconds);
  for (const Appearance& other : query.views) {
    nearest = std::min(nearest, std::abs(other.seconds - view.seconds));
  }
  return nearest;
}

// Sets the answer's pixel: the cell of the view's box whose tokens, over the levels, are most like
// some token of the query.
void point_at(const Appearance& query, const float* tokens, std::span<const float> weights,
              const FeatureShape& shape, ArchiveAnswer& answer) {
  const auto width = static_cast<size_t>(shape.width);
  const auto cells = static_cast<size_t>(shape.tokens());
  size_t best_cell = 0;
  float best = -2;
  for (size_t cell = 0; cell < cells; ++cell) {
    float sum = 0;
    for (size_t level = 0; level < weights.size(); ++level) {
      const float* token = tokens + (level * cells + cell) * width;
      float nearest = -1;
      for (size_t other = 0; other < cells; ++other) {
        const float* asked = query.tokens.data() + (level * cells + other) * width;
        float cosine = 0;
        for (size_t i = 0; i < width; ++i) cosine += token[i] * asked[i];
        nearest = std::max(nearest, cosine);
      }
      sum += weights[level] * nearest;
    }
    if (sum > best) {
      best = sum;
      best_cell = cell;
    }
  }
  const Box& box = answer.sighting.observation.box;
  const auto columns = static_cast<size_t>(shape.columns);
  answer.x = box.x + (static_cast<float>(best_cell % columns) + 0.5F) * box.width /
                         static_cast<float>(shape.columns);
  answer.y = box.y + (static_cast<float>(best_cell / columns) + 0.5F) * box.height /
                         static_cast<float>(shape.rows);
}

// Two answers are of one: the same identity, or the same track while nobody knows whose it is.
bool same_one(const ArchiveAnswer& a, const ArchiveAnswer& b) {
  if (a.sighting.identity != 0 || b.sighting.identity != 0) {
    return a.sighting.identity == b.sighting.identity;
  }
  return a.sighting.observation.track == b.sighting.observation.track;
}

void set_margins(std::vector<ArchiveAnswer>& answers) {
  for (ArchiveAnswer& answer : answers) {
    const auto other = std::find_if(answers.begin(), answers.end(), [&](const ArchiveAnswer& any) {
      return !same_one(answer, any);
    });
    answer.margin = other == answers.end() ? answer.score : answer.score - other->score;
  }
}

}  // namespace

Result<ArchiveSearch> ArchiveSearch::load(ArchiveStore& archive, const ArchiveFilter& filter,
                                          const Matcher& matcher, const std::string& device) {
  Result<std::unique_ptr<ObservationIndex>> index = ObservationIndex::load(archive, filter, device);
  if (!index.ok()) return index.status();
  return ArchiveSearch(archive, filter, matcher, *std::move(index));
}

Result<std::vector<int64_t>> ArchiveSearch::shortlist(const ArchiveQuery& query) const {
  const SummaryIndex summaries(matcher_.shape());
  std::vector<float> queries;
  for (const Appearance& view : query.views) {
    const std::vector<float> weighted =
        weighted_query(summaries.summary_of(view.tokens),
                       matcher_.level_weights(view.gate, view.gate, kUnknownGap_s));
    queries.insert(queries.end(), weighted.begin(), weighted.end());
  }
  return index_->best_tracks(queries, std::max(kShortlist, 2 * query.limit));
}

// Whenever they were: a key view from before the times asked for says as well who it is.
Result<std::vector<Sighting>> ArchiveSearch::key_views(int64_t track) const {
  ArchiveFilter filter = filter_;
  filter.track = track;
  filter.key_views_only = true;
  filter.with_tokens = true;
  filter.from_s = ArchiveFilter{}.from_s;
  filter.to_s = ArchiveFilter{}.to_s;
  std::vector<Sighting> views;
  const Status status = archive_->sightings(filter, [&](Sighting view) {
    views.push_back(std::move(view));
    return true;
  });
  if (!status.ok()) return status;
  return views;
}

// An answer whose key view is not of the times asked for is shown as the best look at its track
// within them.
Status ArchiveSearch::move_into_range(ArchiveAnswer& answer) const {
  ArchiveObservation& shown = answer.sighting.observation;
  if (shown.seconds >= filter_.from_s && shown.seconds <= filter_.to_s) return {};
  ArchiveFilter filter = filter_;
  filter.track = shown.track;
  const float across = (answer.x - shown.box.x) / shown.box.width;
  const float down = (answer.y - shown.box.y) / shown.box.height;
  float best = -1;
  const Status status = archive_->sightings(filter, [&](Sighting sighting) {
    if (sighting.observation.quality > best) {
      best = sighting.observation.quality;
      shown = std::move(sighting.observation);
    }
    return true;
  });
  answer.x = shown.box.x + across * shown.box.width;
  answer.y = shown.box.y + down * shown.box.height;
  return status;
}

Result<std::vector<ArchiveAnswer>> ArchiveSearch::compare(
    const ArchiveQuery& query, std::vector<std::vector<Sighting>> tracks) const {
  const FeatureShape& shape = matcher_.shape();
  const auto levels = static_cast<size_t>(shape.levels);
  const Keys keys(tracks, shape, query.when_known);
  std::vector<MatchSample> queries;
  for (const Appearance& view : query.views) {
    queries.push_back({view.tokens.data(), query.when_known ? view.seconds : 0});
  }
  const auto by_track = matcher_.similarities(queries, keys.samples(), keys.by_track());
  if (!by_track.ok()) return by_track.status();
  const auto each = matcher_.similarities(queries, keys.samples(), keys.each());
  if (!each.ok()) return each.status();
  const std::vector<float> of_track = mean_of(*by_track, queries.size());
  const std::vector<float> of_view = mean_of(*each, queries.size());

  const Appearance& latest = query.views.back();
  std::vector<ArchiveAnswer> answers;
  size_t first = 0;
  for (size_t t = 0; t < tracks.size(); first += tracks[t++].size()) {
    size_t best = 0;
    float best_similarity = -2;
    for (size_t v = 0; v < tracks[t].size(); ++v) {
      const ArchiveObservation& view = tracks[t][v].observation;
      const float similarity = matcher_.combine({of_view.data() + (first + v) * levels, levels},
                                                latest.gate, view.gate, gap_s(query, view));
      if (similarity > best_similarity) std::tie(best, best_similarity) = std::tie(v, similarity);
    }
    ArchiveAnswer answer{.sighting = std::move(tracks[t][best])};
    ArchiveObservation& view = answer.sighting.observation;
    answer.levels.assign(of_track.begin() + static_cast<std::ptrdiff_t>(t * levels),
                         of_track.begin() + static_cast<std::ptrdiff_t>((t + 1) * levels));
    const std::vector<float> weights =
        matcher_.level_weights(latest.gate, view.gate, gap_s(query, view));
    float similarity = 0;
    for (size_t l = 0; l < levels; ++l) similarity += weights[l] * answer.levels[l];
    answer.score = matcher_.probability(similarity);
    point_at(latest, keys.samples()[first + best].tokens, weights, shape, answer);
    view.tokens = {};
    answers.push_back(std::move(answer));
  }
  return answers;
}

Result<std::vector<ArchiveAnswer>> ArchiveSearch::find(const ArchiveQuery& query) {
  if (query.views.empty()) return invalid("a search needs a view to search for");
  for (const Appearance& view : query.views) {
    if (!view.full_depth(matcher_.shape())) {
      return invalid("a view to search for has " + std::to_string(view.gate.size()) +
                     " levels, the model has " + std::to_string(matcher_.shape().levels));
    }
  }
  return unless_out_of_memory([&]() -> Result<std::vector<ArchiveAnswer>> {
    const Result<std::vector<int64_t>> likely = shortlist(query);
    if (!likely.ok()) return likely.status();
    std::vector<std::vector<Sighting>> tracks;
    for (const int64_t track : *likely) {
      Result<std::vector<Sighting>> views = key_views(track);
      if (!views.ok()) return views.status();
      if (!views->empty()) tracks.push_back(*std::move(views));
    }
    if (tracks.empty()) return std::vector<ArchiveAnswer>{};
    Result<std::vector<ArchiveAnswer>> answers = compare(query, std::move(tracks));
    if (!answers.ok()) return answers.status();
    std::stable_sort(
        answers->begin(), answers->end(),
        [](const ArchiveAnswer& a, const ArchiveAnswer& b) { return a.score > b.score; });
    set_margins(*answers);
    std::erase_if(*answers, [&](const ArchiveAnswer& a) { return a.score < query.min_score; });
    if (answers->size() > query.limit) answers->resize(query.limit);
    for (ArchiveAnswer& answer : *answers) {
      if (Status status = move_into_range(answer); !status.ok()) return status;
    }
    return answers;
  });
}

}  // namespace deepstack
