// The read-only `stats` property: core's counters as a GstStructure named deepstack-stats.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>

#include "core/stream.h"

namespace deepstack::gst {

// model: name of the running model, "" when none runs. events_undelivered: lines that the events
// pad could not hand on. The caller owns the structure.
GstStructure* stats_structure(const StreamStats& stats, const std::string& model,
                              uint64_t events_undelivered);

}  // namespace deepstack::gst
