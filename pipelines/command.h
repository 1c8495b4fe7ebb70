// The subcommands of the program `deepstack`. Each adds its options to the command line and returns
// what runs when it is chosen. Exit codes: 0 done, 1 the job failed, 2 bad arguments; an error is one
// line on stderr.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "core/status.h"

namespace deepstack {

using Command = std::function<Status()>;

Command add_track_command(CLI::App& app);
Command add_reid_command(CLI::App& app);
Command add_features_command(CLI::App& app);
Command add_adapt_command(CLI::App& app);
Command add_index_command(CLI::App& app);
Command add_export_command(CLI::App& app);
Command add_gallery_command(CLI::App& app);
Command add_report_command(CLI::App& app);
Command add_serve_command(CLI::App& app);
Command add_search_command(CLI::App& app);
Command add_watch_command(CLI::App& app);

}  // namespace deepstack
