// DepthPolicy: which detections of a frame need deeper levels than they have so far.
//
// One is decided when motion and looks so far say the same with margin (one confirmed track in view
// fits it and no other box, it fits no other track, nothing covers it) and when the identity of
// that track neither is about to be decided nor waits for a new view. Everything else goes to full
// depth: what is new, tentative, found again or in a crowd. Stateless; owned by one Analyzer,
// called by one thread between two updates of its tracker.
#pragma once

#include <optional>
#include <vector>

#include "core/identity/identifier.h"
#include "core/identity/tracker.h"

namespace deepstack {

class DepthPolicy {
 public:
  DepthPolicy(const Matcher& matcher, const Tracker& tracker, const Identifier& identifier)
      : matcher_(matcher), tracker_(tracker), identifier_(identifier) {}

  // By detection of the frame at this time; appearances[i] is what is known of detections[i],
  // absent where it is not looked at (which needs nothing).
  Result<std::vector<bool>> undecided(
      double seconds, const std::vector<Detection>& detections,
      const std::vector<std::optional<Appearance>>& appearances) const;

 private:
  // A detection that motion gives to one track.
  struct Pair {
    size_t detection;
    size_t track;
  };

  std::vector<Pair> pair_by_motion(double seconds, const std::vector<Detection>& detections,
                                   const std::vector<std::optional<Appearance>>& appearances) const;
  bool wants_view(const Track& track, double seconds) const;
  Result<std::vector<float>> likeness(
      double seconds, const std::vector<Pair>& pairs,
      const std::vector<std::optional<Appearance>>& appearances) const;

  const Matcher& matcher_;
  const Tracker& tracker_;
  const Identifier& identifier_;
};

}  // namespace deepstack
