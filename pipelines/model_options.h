// The options that every subcommand with a model shares: --model, --device, --batch-size, ...
#pragma once

#include <CLI/CLI.hpp>

#include "core/settings.h"

namespace deepstack {

void add_model_options(CLI::App& command, Settings& settings);

}  // namespace deepstack
