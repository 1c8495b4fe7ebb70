// The options that every subcommand with a gallery shares: --gallery-location, --gallery-mode, ...
#pragma once

#include <CLI/CLI.hpp>

#include "core/settings.h"

namespace deepstack {

void add_gallery_options(CLI::App& command, Settings& settings);

}  // namespace deepstack
