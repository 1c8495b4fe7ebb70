// deepstack: the program around the core. See `deepstack --help`.
#include <cstdio>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "pipelines/command.h"

namespace {

constexpr int kJobFailed = 1;
constexpr int kBadArguments = 2;

int report(const deepstack::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "deepstack: %s\n", status.message().c_str());
  return status.code() == deepstack::StatusCode::kInvalid ? kBadArguments : kJobFailed;
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
      {"gallery", deepstack::add_gallery_command(app)},
      {"report", deepstack::add_report_command(app)},
      {"watch", deepstack::add_watch_command(app)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "deepstack: %s\n", error.what());
    return kBadArguments;
  }
  return report(commands.at(app.get_subcommands().front()->get_name())());
}
