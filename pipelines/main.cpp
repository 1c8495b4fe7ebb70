// deepstack: the program around the core. See `deepstack --help`.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/printable.h"
#include "pipelines/command.h"
#include "pipelines/config_arguments.h"

namespace {

constexpr int kJobFailed = 1;
constexpr int kBadArguments = 2;

int report(const deepstack::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "deepstack: %s\n", status.message().c_str());
  return status.code() == deepstack::StatusCode::kInvalid ? kBadArguments : kJobFailed;
}

// CLI11 would only say that a subcommand is needed.
int report_unknown(const std::string& word,
                   const std::map<std::string, deepstack::Command>& commands) {
  std::string known;
  for (const auto& [name, command] : commands) known += " " + name;
  std::fprintf(stderr, "deepstack: there is no command '%s', there are%s\n",
               deepstack::printable(word).c_str(), known.c_str());
  return kBadArguments;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Recognises the same people and objects again in video.", "deepstack");
  app.set_version_flag("--version", DEEPSTACK_VERSION);
  app.require_subcommand(1);
  const std::map<std::string, deepstack::Command> commands{
      {"track", deepstack::add_track_command(app)},
      {"reid", deepstack::add_reid_command(app)},
      {"features", deepstack::add_features_command(app)},
      {"adapt", deepstack::add_adapt_command(app)},
      {"index", deepstack::add_index_command(app)},
      {"export", deepstack::add_export_command(app)},
      {"gallery", deepstack::add_gallery_command(app)},
      {"report", deepstack::add_report_command(app)},
      {"serve", deepstack::add_serve_command(app)},
      {"search", deepstack::add_search_command(app)},
      {"watch", deepstack::add_watch_command(app)},
  };
  try {
    deepstack::Result<std::vector<std::string>> arguments =
        deepstack::with_config_file(app, {argv + 1, argv + argc});
    if (!arguments.ok()) {
      std::fprintf(stderr, "deepstack: %s\n", arguments.status().message().c_str());
      return kBadArguments;
    }
    if (!arguments->empty() && !arguments->front().starts_with('-') &&
        !commands.contains(arguments->front())) {
      return report_unknown(arguments->front(), commands);
    }
    std::reverse(arguments->begin(), arguments->end());  // as CLI11 wants them
    app.parse(*std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "deepstack: %s\n", error.what());
    return kBadArguments;
  }
  return report(commands.at(app.get_subcommands().front()->get_name())());
}
