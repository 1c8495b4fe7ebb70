// Options of a subcommand from a settings file (core/settings_file.h):
// {"uri": ["rtsp://..."], "name": ["door"], "inference-rate": 5, "adaptive-depth": true}.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/status.h"

namespace deepstack {

// Gives a subcommand --config. Call it before the other options are added: from then on the last
// one given wins, so that the command line wins over the file.
void add_config_option(CLI::App& command);

// The arguments with those of the file of --config before them, when the first argument is a
// subcommand that has it. Errors name the file, the setting and the value.
Result<std::vector<std::string>> with_config_file(const CLI::App& app,
                                                  std::vector<std::string> arguments);

}  // namespace deepstack
