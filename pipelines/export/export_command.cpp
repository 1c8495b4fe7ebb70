// deepstack export: an archive out, in formats of others.
#include <map>
#include <memory>

#include "pipelines/choice.h"
#include "pipelines/command.h"
#include "pipelines/export/archive_export.h"
#include "pipelines/index/recording_start.h"

namespace deepstack {
namespace {

enum class Format { kJsonl, kMot, kCoco, kWebVtt };

struct ExportCommand {
  std::string store;
  Format format = Format::kJsonl;
  std::string from;
  std::string to;
  ExportOptions options;
};

Status read_time(const std::string& text, double& seconds) {
  if (text.empty()) return {};
  const Result<int64_t> time_ns = parse_start(text);
  if (!time_ns.ok()) return invalid("'" + text + "' is no time, must be as 2026-01-31T14:22:33Z");
  seconds = static_cast<double>(*time_ns) / 1e9;
  return {};
}

Status run(ExportCommand command) {
  ExportOptions& options = command.options;
  if (Status status = read_time(command.from, options.filter.from_s); !status.ok()) return status;
  if (Status status = read_time(command.to, options.filter.to_s); !status.ok()) return status;
  Result<std::unique_ptr<ArchiveStore>> archive =
      open_archive(command.store, StoreAccess::kRead, std::nullopt);
  if (!archive.ok()) return archive.status();
  switch (command.format) {
    case Format::kJsonl:
      return export_jsonl(**archive, options);
    case Format::kMot:
      return export_mot(**archive, options);
    case Format::kCoco:
      return export_coco(**archive, options);
    case Format::kWebVtt:
      return export_webvtt(**archive, options);
  }
  return internal("unknown format");
}

}  // namespace

Command add_export_command(CLI::App& app) {
  auto options = std::make_shared<ExportCommand>();
  CLI::App* command =
      app.add_subcommand("export", "Write what an archive knows, for other programs");
  command->add_option("--store", options->store, "folder of the archive")->required();
  static const std::map<std::string, Format> kFormats{{"jsonl", Format::kJsonl},
                                                      {"mot", Format::kMot},
                                                      {"coco", Format::kCoco},
                                                      {"webvtt", Format::kWebVtt}};
  command->add_option("--format", options->format, "jsonl, mot, coco or webvtt")
      ->transform(choice(kFormats))
      ->required();
  command
      ->add_option("--output", options->options.output,
                   "file, - for stdout; of mot and webvtt a folder, for a file a video")
      ->required();
  ArchiveFilter& filter = options->options.filter;
  command->add_option("--camera", filter.camera, "only of this camera");
  command->add_option("--label", filter.label, "only of this class");
  command->add_option("--video", filter.video, "only of the video with this id");
  command->add_option("--identity", filter.identity, "only of the identity with this number");
  command->add_option("--from", options->from, "from this time on, as 2026-01-31T14:22:33Z");
  command->add_option("--to", options->to, "until this time");
  command->add_flag("--features", options->options.features,
                    "jsonl: with the features of each observation, as bits of 16-bit floats");
  return [options] { return run(*options); };
}

}  // namespace deepstack
