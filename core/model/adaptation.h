// Adaptation: teaches a model's head (adapters, gate, matching) the user's own cameras from tracks
// alone. The tower is frozen: it looks at every view a few times, as filmed and in other lights,
// and never again. A part of the tracks is held out; the head is good for something only if those
// are told apart better than before.
//
// No LibTorch type here. Runs in the calling thread and on all cores while the tower looks;
// minutes. The same views, settings and machine give the same head.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/identity/view_set.h"
#include "core/model/head_writer.h"
#include "core/model/model_source.h"
#include "core/model/trial_scores.h"

namespace deepstack {

struct AdaptationSettings {
  int steps = 400;                         // most; fewer when validation tracks stop gaining
  int64_t cache_bytes = int64_t{1} << 30;  // most that the tower's answers may take
  int batch_size = 16;                     // pictures in one pass of the tower
  uint64_t seed = 1;
  std::string name = "adapted";
  std::function<void(const std::string&)> progress{};  // a line for people, when something begins
};

struct AdaptationReport {
  size_t tracks = 0;  // that were used
  size_t held_out_tracks = 0;
  size_t views = 0;
  size_t short_tracks = 0;    // left out: too few views
  size_t unusable_views = 0;  // left out: empty, tiny, at no time
  size_t surplus_views = 0;   // left out: over cache_bytes
  int steps = 0;              // that the kept head has had
  double first_loss = 0;      // of the training, first and last tenth of the steps
  double last_loss = 0;
  TrialScores before[2];  // on held-out tracks: as filmed, relit
  TrialScores after[2];
  TrialGain gain;
  bool gained = false;
  double look_s = 0;   // wall time: the tower
  double train_s = 0;  // training and calibration
};

struct Adaptation {
  AdaptationReport report;
  Head head;  // to be written only if the report says that it gained
};

// kInvalid: settings; kUnavailable: too little to learn from; kNotFound, kCorrupt: the model.
Result<Adaptation> adapt_head(const ModelSource& source, const ViewSet& views,
                              const AdaptationSettings& settings);

}  // namespace deepstack
