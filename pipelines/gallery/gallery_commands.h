// The subcommands of `deepstack gallery`. Each adds itself to the command line and, when it is
// chosen, leaves in `chosen` what is to be run.
#pragma once

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "pipelines/command.h"

namespace deepstack {

using ChosenCommand = std::shared_ptr<Command>;

void add_look_commands(CLI::App& gallery, const ChosenCommand& chosen);     // list, show, audit
void add_edit_commands(CLI::App& gallery, const ChosenCommand& chosen);     // name, merge, ...
void add_privacy_commands(CLI::App& gallery, const ChosenCommand& chosen);  // export, erase, ...

// The option that all of them have.
void add_store_option(CLI::App& command, std::string& store);

}  // namespace deepstack
