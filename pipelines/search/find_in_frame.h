// find_in_frame: `deepstack search --image CROP --in FRAME`: one point, no store.
#pragma once

#include "core/status.h"
#include "pipelines/search/search_options.h"

namespace deepstack {

// Prints the point on stdout.
Status find_in_frame(const SearchOptions& options);

}  // namespace deepstack
