// AdaptationTracks: the tracks of a ViewSet that a head can learn from, in three parts: trained on,
// validated on, held out. A track is in one part with all its views, so that the held-out figures
// are of tracks nobody trained on. The views are borrowed from the ViewSet.
#pragma once

#include <cstdint>
#include <vector>

#include "core/identity/view_set.h"
#include "core/status.h"

namespace deepstack {

enum class TrackPart { kTraining, kValidation, kHeldOut };

struct AdaptationTrack {
  TrackPart part = TrackPart::kTraining;
  std::vector<const TrackView*> views;  // by time
  std::vector<size_t> different;        // tracks of the same part that are someone else; rising
  size_t first_view = 0;                // views of all tracks are numbered through

  bool differs_from(size_t other) const;
};

struct AdaptationTracks {
  std::vector<AdaptationTrack> tracks;
  size_t view_count = 0;
  size_t short_tracks = 0;    // left out: too few usable views
  size_t unusable_views = 0;  // left out: not usable (view_set.h)
  size_t surplus_views = 0;   // left out: above the limit

  std::vector<size_t> of(TrackPart part) const;  // places in tracks
};

struct AdaptationTracksLimits {
  static constexpr size_t kViews = 5;    // of a track: three known, two asked for
  static constexpr size_t kTracks = 16;  // of that many views
  static constexpr size_t kPairs = 6;    // of held-out or training tracks that were seen together
};

inline constexpr double kHeldOutShare = 0.35;
inline constexpr double kValidationShare = 0.15;

// Parts are drawn with the seed. Of more than max_views views, tracks lose their share first
// (evenly over their life), then whole tracks are left out. kUnavailable: too little to learn from,
// with what there is and what is needed.
Result<AdaptationTracks> select_tracks(const ViewSet& views, size_t max_views, uint64_t seed);

}  // namespace deepstack
