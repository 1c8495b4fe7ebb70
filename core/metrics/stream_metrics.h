// The metrics of a stream and of the program, by name. docs/operations.md has the table.
#pragma once

#include <string>

#include "core/encoder.h"
#include "core/metrics/metrics_page.h"
#include "core/stream.h"

namespace deepstack {

void write_stream(MetricsPage& page, const std::string& camera, const StreamStats& stats,
                  const ModelInfo& model);

void write_build(MetricsPage& page, const std::string& version);

}  // namespace deepstack
