// TrackedTaps: the tower's answers to the views of all tracks. Every view is there as filmed and in
// another light; views to train on also a few times in worse pictures and lights.
#pragma once

#include <span>
#include <vector>

#include "core/model/adaptation_tracks.h"
#include "core/model/match_trials.h"
#include "core/model/tap_cache.h"
#include "core/model/trainable_fusion.h"

namespace deepstack {

inline constexpr size_t kCopies = 4;          // of a view to train on
inline constexpr size_t kMeasuredCopies = 2;  // of others: as filmed, relit

class TrackedTaps {
 public:
  // REQUIRES: tracks outlives this.
  static Result<TrackedTaps> look(const VisionModel& model, const AdaptationTracks& tracks,
                                  int batch_size, uint64_t seed);

  const AdaptationTracks& tracks() const { return *tracks_; }
  size_t copies(size_t track) const {
    return tracks_->tracks[track].part == TrackPart::kHeldOut ? kMeasuredCopies : kCopies;
  }
  // Where copy 0 .. copies(track) - 1 of a track's view stands in the cache.
  int64_t picture(size_t track, size_t view, size_t copy) const {
    return first_[track] + static_cast<int64_t>(view * copies(track) + copy);
  }
  std::vector<at::Tensor> taps(std::span<const int64_t> pictures) const {
    return cache_.taps(pictures);
  }
  int64_t bytes() const { return cache_.bytes(); }

  // What a head says of every view, by the view's number.
  ViewAppearances appearances(const TrainableFusion& fusion) const;

 private:
  const AdaptationTracks* tracks_ = nullptr;
  std::vector<int64_t> first_;  // by track
  TapCache cache_;
};

}  // namespace deepstack
