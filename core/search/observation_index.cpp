#include "core/search/observation_index.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/exhausted.h"

namespace deepstack {
namespace {

// A track is seen a few times a second: so many rows are asked for a track that is wanted.
constexpr int64_t kRowsATrack = 32;

std::vector<int64_t> distinct_tracks(const std::vector<std::vector<RowScore>>& answers,
                                     const std::vector<int64_t>& tracks, size_t count) {
  std::vector<RowScore> all;
  for (const std::vector<RowScore>& found : answers) {
    all.insert(all.end(), found.begin(), found.end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const RowScore& a, const RowScore& b) { return a.score > b.score; });
  std::vector<int64_t> distinct;
  std::unordered_set<int64_t> known;
  for (const RowScore& answer : all) {
    if (distinct.size() == count) break;
    const int64_t track = tracks[static_cast<size_t>(answer.row)];
    if (known.insert(track).second) distinct.push_back(track);
  }
  return distinct;
}

}  // namespace

Result<std::unique_ptr<ObservationIndex>> ObservationIndex::load(ArchiveStore& archive,
                                                                 const ArchiveFilter& filter,
                                                                 const std::string& device) {
  return unless_out_of_memory([&]() -> Result<std::unique_ptr<ObservationIndex>> {
    const FeatureShape& shape = archive.model().shape;
    const auto width = static_cast<size_t>(shape.levels * shape.width);
    const Result<ArchiveCounts> counts = archive.count(filter);
    if (!counts.ok()) return counts.status();
    std::unique_ptr<ObservationIndex> index(new ObservationIndex);
    const auto rows = static_cast<size_t>(counts->observations);
    index->rows_.reserve(rows * width);
    index->tracks_.reserve(rows);
    const Status status = archive.sightings(filter, [&](const Sighting& sighting) {
      const std::vector<uint16_t>& levels = sighting.observation.levels;
      index->rows_.insert(index->rows_.end(), levels.begin(), levels.end());
      index->tracks_.push_back(sighting.observation.track);
      return true;
    });
    if (!status.ok()) return status;
    Result<std::unique_ptr<ExactSearch>> search =
        ExactSearch::create(index->rows_, static_cast<int64_t>(width), device);
    if (!search.ok()) return search.status();
    index->search_ = *std::move(search);
    return index;
  });
}

int64_t ObservationIndex::bytes() const {
  return static_cast<int64_t>(rows_.capacity() * sizeof(uint16_t) +
                              tracks_.capacity() * sizeof(int64_t));
}

Result<std::vector<int64_t>> ObservationIndex::best_tracks(std::span<const float> queries,
                                                           size_t count) const {
  if (tracks_.empty() || queries.empty() || count == 0) return std::vector<int64_t>{};
  const int64_t most = std::min(size(), ExactSearch::kMostAnswers);
  int64_t rows = std::min(most, static_cast<int64_t>(count) * kRowsATrack);
  while (true) {
    const Result<std::vector<std::vector<RowScore>>> answers = search_->search(queries, {}, rows);
    if (!answers.ok()) return answers.status();
    std::vector<int64_t> tracks = distinct_tracks(*answers, tracks_, count);
    // A few long tracks may be all that the best rows are of.
    if (tracks.size() == count || rows == most) return tracks;
    rows = std::min(most, rows * 8);
  }
}

}  // namespace deepstack
