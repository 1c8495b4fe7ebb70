// Identifier: decides which identity each track is, once enough good views of it are seen, and takes it
// back when later evidence says otherwise (rename, merge). All tracks in view are decided in one
// assignment, and tracks that were ever in view together are never the same identity.
// Owned by one Analyzer, called by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/event/event.h"
#include "core/identity/stream_gallery.h"
#include "core/identity/track_evidence.h"
#include "core/identity/tracker.h"
#include "core/settings.h"

namespace deepstack {

// A correction of what was said before.
struct Correction {
  EventKind kind = EventKind::kRename;  // kRename or kMerge
  int64_t track_id = 0;
  std::string from_uuid;
  std::string to_uuid;
  float score = 0;  // probability that it is to_uuid
};

class Identifier {
 public:
  Identifier(const Settings& settings, StreamGallery gallery);

  // After Tracker::update(): decides about the tracks that are due and learns from what is seen.
  // appearances as given to the tracker; only those at full depth teach. Returns the corrections, in order.
  Result<std::vector<Correction>> update(
      double seconds, const std::vector<Track>& tracks,
      const std::vector<std::optional<Appearance>>& appearances);

  // What is known about a track's identity; null before it is decided, with gallery-mode=off, and
  // for ever when it is somebody who opted out.
  const IdentityEvidence* identity_of(int64_t track_id) const;

  // The same, also of who opted out: for whoever must know of which tracks nothing is to be kept.
  const IdentityEvidence* evidence_of(int64_t track_id) const;

  // A sighting of the track at this time decides about its identity: it has none, shares it with
  // another track, or is due for a check.
  bool decides_at(double seconds, const Track& track) const;

  // Nothing is going to change the track's identity, as far as is known.
  bool settled(const Track& track) const;

  // The track is over: its identity stays in the gallery.
  void forget(int64_t track_id);

  // `seconds` of the stream is now: from here on, gaps reach back to other streams and runs.
  void anchor(double seconds, double unix_s) { gallery_.anchor(seconds, unix_s); }

  const StreamGallery& gallery() const { return gallery_; }

 private:
  // What is known of one track.
  struct Record {
    IdentityEvidence evidence;      // uuid empty: undecided
    TrackEvidence views;
    std::set<int64_t> company;      // identities that were in view beside it: it is none of them
    bool began_here = false;        // the identity was made for this track
    bool opted_out = false;         // the identity is somebody's who is to be left alone
    bool contested = false;         // another track in view holds the same identity, and better
    double next_check_s = 0;        // when it is decided again
    double next_look_s = 0;         // when it is looked at whether it still is who it is
    int doubts = 0;                 // in a row
    double last_seen_s = 0;

    bool decided() const { return !evidence.uuid.empty(); }
    // Its identity is its own for good: made for it, or confirmed.
    bool settled() const {
      return decided() && !contested &&
             (began_here || evidence.state == IdentityState::kConfirmed);
    }
  };
  // A track that is decided now, what it could be, and which of them the assignment chose.
  struct Case {
    const Track* track;
    Record* record;
    std::vector<Candidate> candidates;
    const Candidate* chosen = nullptr;
    const Candidate* second = nullptr;  // the best that no track has
  };

  void observe(double seconds, const std::vector<Track>& tracks,
               const std::vector<std::optional<Appearance>>& appearances);
  static void doubt(Record& record);
  void contest(const std::vector<Track>& tracks);
  std::vector<Case> cases(double seconds, const std::vector<Track>& tracks);
  Status find_candidates(std::vector<Case>& cases, const std::vector<Track>& tracks,
                         double seconds) const;
  void choose(std::vector<Case>& cases) const;
  bool enough(const Case& decided, double seconds) const;
  bool convinces(const Case& decided, double seconds) const;
  std::optional<Correction> decide(const Case& decided, double seconds);
  std::optional<Correction> change(const Track& track, Record& record, IdentityEvidence found,
                                   bool opted_out);
  IdentityEvidence matched(const Case& decided) const;
  IdentityEvidence new_identity(const Case& decided, double seconds);
  void keep_company(const std::vector<Track>& tracks);
  Status verify(double seconds, const std::vector<Track>& tracks,
                const std::vector<std::optional<Appearance>>& appearances);
  Result<float> fits(const Appearance& view, int64_t number, const std::string& label,
                     double seconds) const;

  const GalleryMode mode_;
  const float threshold_;
  StreamGallery gallery_;
  std::map<int64_t, Record> records_;  // by track id
  double last_update_s_ = 0;
};

}  // namespace deepstack
