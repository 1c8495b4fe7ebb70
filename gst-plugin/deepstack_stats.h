// The read-only `stats` property: core's counters as a GstStructure named deepstack-stats.
#pragma once

#include <gst/gst.h>

#include <cstdint>

#include "core/encoder.h"
#include "core/stream.h"

namespace deepstack::gst {

// model: the one that runs, a default one when none does. Its fusion is "trained", or "mean" for a model
// without adapters: the mean of the normalised levels. events_undelivered: lines that the events
// pad could not hand on. The caller owns the structure.
GstStructure* stats_structure(const StreamStats& stats, const ModelInfo& model,
                              uint64_t events_undelivered);

}  // namespace deepstack::gst
