// TrialScores: how well trials are answered, and whether one head answers them better than another
// by more than chance. Plain values; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/match_trials.h"

namespace deepstack {

struct TrialScores {
  double rank1 = 0;           // the same track is above all that are someone else
  double mean_precision = 0;  // mAP: one right answer, so the mean of 1 / its place
  double auc = 0;             // a pair of one track scores above a pair of two: how often
  double log_loss = 0;        // of the probability, same and different pairs with equal weight
  size_t same = 0;            // trials of each kind
  size_t different = 0;
};

// Of the trials in another light, or of those as filmed.
TrialScores score_trials(const std::vector<MatchTrial>& trials, const Matcher& matcher, bool relit);

// A difference between two heads on the same trials, and its standard error over tracks
// (bootstrap).
struct TrialGain {
  double auc = 0;
  double auc_error = 0;
  double log_loss = 0;  // positive: smaller now
  double log_loss_error = 0;
};

// Trials of two heads in the same order. Tracks are drawn with the seed.
TrialGain gain_of(const std::vector<MatchTrial>& before, const Matcher& matcher_before,
                  const std::vector<MatchTrial>& after, const Matcher& matcher_after,
                  uint64_t seed);

// A gain above its standard error in one of the two, and no loss above it in the other.
bool is_gain(const TrialGain& gain);

}  // namespace deepstack
