// deepstack index: recordings in, an archive out.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "core/store/open_gallery.h"
#include "pipelines/command.h"
#include "pipelines/index/content_hash.h"
#include "pipelines/index/index_session.h"
#include "pipelines/index/recording_start.h"
#include "pipelines/model_options.h"
#include "pipelines/tracking_options.h"

namespace deepstack {
namespace {

constexpr int64_t kGallery_bytes = int64_t{1} << 30;
constexpr double kLargestRate = 1000;
constexpr int kMostJobs = 64;

std::atomic<bool> stop_asked = false;

void ask_to_stop(int signal) {
  stop_asked = true;
  std::signal(signal, SIG_DFL);  // the second time at once
}

Status check(const IndexOptions& options) {
  if (!(options.sample_rate >= 0 && options.sample_rate <= kLargestRate)) {
    return invalid("--sample-rate is " + std::to_string(options.sample_rate) +
                   ", must be 0 (every frame) to 1000 frames a second");
  }
  if (options.jobs < 1 || options.jobs > kMostJobs) {
    return invalid("--jobs is " + std::to_string(options.jobs) + ", must be 1 to 64");
  }
  if (!options.start.empty()) {
    if (Result<int64_t> start = parse_start(options.start); !start.ok()) return start.status();
  }
  return options.settings.validate();
}

IndexProgress::Form form_of(bool json) {
  if (json) return IndexProgress::Form::kJson;
  return isatty(STDERR_FILENO) != 0 ? IndexProgress::Form::kBar : IndexProgress::Form::kLines;
}

Status report(const Status& status, const IndexSummary& summary, size_t recordings) {
  if (status.code() == StatusCode::kCancelled) {
    return {StatusCode::kCancelled, "stopped; the same command goes on from here"};
  }
  if (!status.ok()) return status;
  if (summary.known == recordings) {
    std::printf("nothing to do: all %zu recordings are indexed already\n", recordings);
    return {};
  }
  std::printf("%llu indexed, %llu were indexed already, %llu failed\n",
              static_cast<unsigned long long>(summary.done),
              static_cast<unsigned long long>(summary.known),
              static_cast<unsigned long long>(summary.failed));
  if (summary.failed == 0) return {};
  return {StatusCode::kUnavailable, std::to_string(summary.failed) + " of " +
                                        std::to_string(recordings) +
                                        " recordings could not be indexed"};
}

// What the store is to say of the model: with all between pixels and features that is not in its
// weights.
Result<StoreModel> key_of(const Settings& settings, const ModelInfo& model) {
  StoreModel key = store_model(model);
  key.preprocessing =
      settings.inference_region == InferenceRegion::kRoiList ? "roi-list" : "full-frame";
  if (settings.head.empty()) return key;
  const Result<std::string> head =
      content_hash(std::filesystem::path(settings.head) / "model.safetensors");
  if (!head.ok()) return head.status();
  key.preprocessing += ", head " + head->substr(0, 12);
  return key;
}

Status run(const IndexOptions& options, bool json) {
  if (Status status = check(options); !status.ok()) return status;
  const Result<std::vector<Recording>> recordings = list_recordings(options.names, options.camera);
  if (!recordings.ok()) return recordings.status();
  if (!options.start.empty() && recordings->size() > 1) {
    return invalid("--start is for one recording, these are " + std::to_string(recordings->size()));
  }
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(options.settings);
  if (!encoder.ok()) return encoder.status();
  const ModelInfo& model = (*encoder)->info();
  const Result<StoreModel> key = key_of(options.settings, model);
  if (!key.ok()) return key.status();
  Result<std::unique_ptr<ArchiveStore>> opened =
      open_archive(options.store, StoreAccess::kWrite, *key);
  if (!opened.ok()) return opened.status();
  Result<std::unique_ptr<IdentityLinker>> linker =
      IdentityLinker::create(options.settings, model, **opened);
  if (!linker.ok()) return linker.status();
  LockedArchive archive(*std::move(opened));
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  IndexSummary summary;
  Status status;
  {
    IndexProgress progress(stderr, form_of(json), *recordings);
    IndexSession session(options, *encoder, archive, **linker, progress);
    status = session.run(*recordings, stop_asked);
    summary = session.summary();
  }
  return report(status, summary, recordings->size());
}

}  // namespace

Command add_index_command(CLI::App& app) {
  auto options = std::make_shared<IndexOptions>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("index", "Put recordings into an archive");
  command->add_option("FILES", options->names, "videos, folders of videos, or patterns")
      ->required();
  command->add_option("--store", options->store, "folder of the archive; made when there is none")
      ->required();
  command->add_option("--camera", options->camera,
                      "camera's name; that of the folder a video lies in when not given");
  command->add_option(
      "--start", options->start,
      "when the recording begins, as 2026-01-31T14:22:33Z or UNIX seconds; from its "
      "container or its name when not given");
  command->add_option("--jobs", options->jobs, "videos at a time")->capture_default_str();
  command
      ->add_option("--sample-rate", options->sample_rate,
                   "frames a second that are analysed; 0: every frame")
      ->capture_default_str();
  Settings& settings = options->settings;
  settings.gallery_max_bytes = kGallery_bytes;
  add_tracking_options(*command, settings, "where to look without --detections");
  command->add_option("--detections", options->detections,
                      "folder of MOTChallenge det.txt files, each called like its video");
  command->add_option("--object-class", settings.object_class,
                      "comma list of labels to look at; all when not given");
  command->add_option("--threshold", settings.threshold, "detections from here begin tracks")
      ->capture_default_str();
  command
      ->add_option("--gallery-max-bytes", settings.gallery_max_bytes,
                   "most memory for the features of identities")
      ->capture_default_str();
  command->add_flag("--crops", options->crops, "keep a small JPEG of every view that is kept");
  command->add_flag("--retry", options->retry, "try again what failed before");
  command->add_flag("--json-progress", *json, "progress as JSON lines on stderr");
  add_model_options(*command, settings);
  return [options, json] { return run(*options, *json); };
}

}  // namespace deepstack
