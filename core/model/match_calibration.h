// MatchCalibration: fits how levels are combined and what a similarity means to trials whose
// answers are known: level biases, slopes over the gap, scale and offset, by logistic regression in
// which a false match costs more than a miss, and the model's own parameters count like those of
// some tracks more: with little footage they hardly move.
#pragma once

#include <vector>

#include "core/identity/match_parameters.h"
#include "core/model/match_trials.h"

namespace deepstack {

struct MatchCalibration {
  MatchParameters match;
  double loss = 0;  // of the logistic regression
};

// tracks: that the trials are of. REQUIRES: trials of both kinds. kInternal: the library failed.
Result<MatchCalibration> calibrate_match(const std::vector<MatchTrial>& trials,
                                         const MatchParameters& match, size_t tracks);

}  // namespace deepstack
