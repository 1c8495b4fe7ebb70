// The metrics of a publication of events, by name. docs/operations.md has the table.
#pragma once

#include <string>

#include "core/metrics/metrics_page.h"
#include "core/publish/publish_stats.h"

namespace deepstack {

// sink: the label, an address without credentials.
void write_publication(MetricsPage& page, const std::string& sink, const PublishStats& stats);

}  // namespace deepstack
