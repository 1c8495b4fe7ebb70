// ArchiveSearch: where else is this? A query's views against everything an archive has seen.
//
// Every observation is compared by its level means first (ObservationIndex, exact). The tracks of
// the best ones are then compared as a gallery compares identities: by cross-frame attention over
// their key views, with a calibrated probability. One answer a track: its key view that fits best.
// One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/identity/appearance.h"
#include "core/model/matcher.h"
#include "core/search/observation_index.h"
#include "core/store/archive_store.h"

namespace deepstack {

struct ArchiveQuery {
  std::vector<Appearance> views;  // of one thing, each of full depth
  bool when_known = false;        // their seconds are UNIX seconds; else the time says nothing
  float min_score = 0;
  size_t limit = 10;
};

struct ArchiveAnswer {
  Sighting sighting = {};  // without tokens
  float score = 0;         // probability that it is the same
  float margin = 0;        // over the best answer that is somebody else; the score without one
  std::vector<float> levels = {};  // similarity on each level, of the track
  float x = 0;  // the pixel of the frame that fits best: the centre of a cell of the
  float y = 0;  // sighting's box
};

class ArchiveSearch {
 public:
  // Tracks that are compared by attention, at least; more where more answers are wanted.
  static constexpr size_t kShortlist = 256;

  // Loads what the filter lets through; the archive outlives the search. matcher: of its model.
  static Result<ArchiveSearch> load(ArchiveStore& archive, const ArchiveFilter& filter,
                                    const Matcher& matcher, const std::string& device);

  // The best first. kInvalid: no view, or one that is not of full depth.
  Result<std::vector<ArchiveAnswer>> find(const ArchiveQuery& query);

  const ObservationIndex& index() const { return *index_; }

 private:
  ArchiveSearch(ArchiveStore& archive, const ArchiveFilter& filter, const Matcher& matcher,
                std::unique_ptr<ObservationIndex> index)
      : archive_(&archive), filter_(filter), matcher_(matcher), index_(std::move(index)) {}

  Result<std::vector<int64_t>> shortlist(const ArchiveQuery& query) const;
  Result<std::vector<Sighting>> key_views(int64_t track) const;
  Status move_into_range(ArchiveAnswer& answer) const;
  Result<std::vector<ArchiveAnswer>> compare(const ArchiveQuery& query,
                                             std::vector<std::vector<Sighting>> tracks) const;

  ArchiveStore* archive_;
  ArchiveFilter filter_;
  Matcher matcher_;
  std::unique_ptr<ObservationIndex> index_;
};

}  // namespace deepstack
