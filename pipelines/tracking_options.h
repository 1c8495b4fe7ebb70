// The options of what looks into video by itself, which `watch` and `index` share: --proposals,
// --track-max-age, --reid-threshold.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "core/settings.h"

namespace deepstack {

// where_to_look: what --proposals says of itself.
void add_tracking_options(CLI::App& command, Settings& settings, const std::string& where_to_look);

}  // namespace deepstack
