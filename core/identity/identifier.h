// Identifier: decides which identity each track is, once it is seen well enough, and takes it back
// when later evidence says otherwise (rename, merge). Two tracks seen in one frame are two identities.
// Owned by one Analyzer, called by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event/event.h"
#include "core/identity/gallery.h"
#include "core/identity/tracker.h"
#include "core/settings.h"

namespace deepstack {

// A correction of what was said before.
struct Correction {
  EventKind kind = EventKind::kRename;  // kRename or kMerge
  int64_t track_id = 0;
  std::string from_uuid;
  std::string to_uuid;
};

class Identifier {
 public:
  Identifier(const Settings& settings, const Matcher& matcher);

  // After Tracker::update(): decides about the tracks that are due and learns from what is seen.
  // appearances as given to the tracker. Returns the corrections, in order.
  Result<std::vector<Correction>> update(
      double seconds, const std::vector<Track>& tracks,
      const std::vector<std::optional<Appearance>>& appearances);

  // What is known about a track's identity; null before it is decided, and with gallery-mode=off.
  const IdentityEvidence* identity_of(int64_t track_id) const;

  // The track is over: its identity stays in the gallery.
  void forget(int64_t track_id);

  const Gallery& gallery() const { return gallery_; }

 private:
  struct Decision {
    IdentityEvidence evidence;
    bool began_here = false;  // the identity was made for this track
    bool contested = false;   // another track in view holds the same identity with better evidence
    int next_check_hits = 0;  // tentative: looked at again after so many sightings
    double last_seen_s = 0;   // of the track
  };
  using Due = std::vector<const Track*>;

  void contest(const std::vector<Track>& tracks);
  Due due(const std::vector<Track>& tracks);
  Result<std::vector<std::vector<Candidate>>> candidates(const Due& due,
                                                         const std::vector<Track>& tracks,
                                                         double seconds) const;
  std::optional<Correction> decide(const Track& track, const std::vector<Candidate>& candidates,
                                   const Candidate* chosen, double seconds);
  std::optional<Correction> change(const Track& track, Decision& decision, IdentityEvidence found);
  IdentityEvidence new_identity(const Track& track, const Candidate* second, double seconds);
  void learn(double seconds, const std::vector<Track>& tracks,
             const std::vector<std::optional<Appearance>>& appearances);

  const GalleryMode mode_;
  const float threshold_;
  Gallery gallery_;
  std::map<int64_t, Decision> decisions_;  // by track id
};

}  // namespace deepstack
