// HeadTraining: the loop that fits a TrainableFusion to the training tracks and stops when the
// validation tracks gain nothing more. CPU, one LibTorch thread; deterministic in the seed.
#pragma once

#include <cstdint>

#include "core/model/adaptation_loss.h"
#include "core/model/tracked_taps.h"

namespace deepstack {

struct TrainingOutcome {
  int steps = 0;  // of the parameters that were kept; 0: the original ones
  double first_loss = 0;
  double last_loss = 0;
};

// fusion is left at its best parameters on the validation tracks. May throw what LibTorch throws.
TrainingOutcome train_head(TrainableFusion& fusion, const TrackedTaps& taps,
                           const ModelConfig& config, int most_steps, uint64_t seed);

}  // namespace deepstack
