// IdentityHistory: who was seen when, as known at the end of an EventLog: every rename and merge is
// applied to what was said before it. Plain values, made once.
//
//   Stretch        one track as one identity; a track is one stretch unless its identity was
//   changed
//                  without a correction
//   Visit          one identity in view, by one stretch or several without a gap above kVisitGapNs
//   SeenIdentity   one identity with all of its visits; number 1 was seen first
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/report/event_log.h"

namespace deepstack {

inline constexpr int64_t kVisitGapNs = 1'000'000'000;
inline constexpr int64_t kLongestHoleNs = 1'000'000'000;  // between sightings, that is interpolated

struct Stretch {
  int64_t track_id = 0;
  std::optional<size_t> identity;   // index into IdentityHistory::identities
  int32_t label = 0;                // index into EventLog::labels
  std::vector<Sighting> sightings;  // never empty; times rise
  std::optional<double> score;      // mean of its matches; none where nothing was matched
  double stated_gap_s = 0;          // since the identity was last seen, as the events say

  int64_t begin_ns() const { return sightings.front().time_ns; }
  int64_t end_ns() const { return sightings.back().time_ns; }
};

struct Visit {
  int64_t begin_ns = 0;
  int64_t end_ns = 0;
  double gap_s = 0;               // since the visit before; of the first one, since an earlier run
  std::vector<size_t> stretches;  // index into IdentityHistory::stretches
};

struct SeenIdentity {
  std::string uuid;
  int32_t label = 0;
  bool confirmed = false;
  size_t sightings = 0;
  std::optional<double> score;  // mean of its matches
  std::vector<Visit> visits;

  double longest_gap_s() const;
};

struct IdentityHistory {
  std::vector<Stretch> stretches;        // by begin, then track
  std::vector<SeenIdentity> identities;  // in order of appearance
  size_t tracks = 0;
  size_t returns = 0;  // visits after a gap
};

IdentityHistory make_history(const EventLog& log);

// Where the stretch is at time_ns, as shares of the frame: interpolated between two sightings at
// most kLongestHoleNs apart, else the sighting within tolerance_ns.
std::optional<Box> box_at(const Stretch& stretch, int64_t time_ns, int64_t tolerance_ns);

}  // namespace deepstack
