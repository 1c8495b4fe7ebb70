// MatchTrials: the question a gallery asks, asked many times where the answer is known. A track's
// later views (kQueryViews) are compared with earlier views (kKeyViews) of the same track and of
// the tracks that were seen together with it, by the Matcher itself: once as filmed, kPlainGap_s
// later, and once with the later views in another light, kRelitGap_s later. Plain values; no torch
// type.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/adaptation_tracks.h"
#include "core/model/matcher.h"

namespace deepstack {

inline constexpr size_t kQueryViews = 2;
inline constexpr size_t kKeyViews = 3;
inline constexpr double kPlainGap_s = 10;
inline constexpr double kRelitGap_s = 3600;

struct MatchTrial {
  size_t track = 0;  // that asks; number within the part
  size_t other = 0;  // that is asked
  size_t draw = 0;
  bool relit = false;
  std::vector<float> similarity;  // by level
  std::vector<float> query_gate;
  std::vector<float> key_gate;

  bool same() const { return track == other; }
  double gap_s() const { return relit ? kRelitGap_s : kPlainGap_s; }
};

// What a head says of every view: by number, as filmed and relit.
struct ViewAppearances {
  std::vector<Appearance> plain;
  std::vector<Appearance> relit;
};

// Which views ask and answer; drawn once, so that heads are compared on the same questions.
struct TrialDraw {
  std::vector<size_t> queries;  // numbers of views, by track kQueryViews each
  std::vector<size_t> keys;     // kKeyViews each
};
std::vector<TrialDraw> draw_trials(const AdaptationTracks& tracks, const std::vector<size_t>& part,
                                   uint64_t seed);

// part: places of the tracks. Errors are the matcher's.
Result<std::vector<MatchTrial>> run_trials(const AdaptationTracks& tracks,
                                           const std::vector<size_t>& part,
                                           const std::vector<TrialDraw>& draws,
                                           const ViewAppearances& appearances,
                                           const Matcher& matcher);

// The similarity that the probability is made of: levels weighted as after the trial's gap.
float combined_similarity(const MatchTrial& trial, const Matcher& matcher);

}  // namespace deepstack
