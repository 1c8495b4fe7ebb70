// deepstack watch: cameras and files in, their events as JSON lines out, until all have ended or a
// signal comes.
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include "core/encoder.h"
#include "core/store/open_gallery.h"
#include "pipelines/choice.h"
#include "pipelines/command.h"
#include "pipelines/config_arguments.h"
#include "pipelines/gallery_options.h"
#include "pipelines/http/status_server.h"
#include "pipelines/model_options.h"
#include "pipelines/tracking_options.h"
#include "pipelines/watch/camera_names.h"
#include "pipelines/watch/event_publications.h"
#include "pipelines/watch/line_output.h"
#include "pipelines/watch/plugin.h"
#include "pipelines/watch/service_notice.h"
#include "pipelines/watch/status_board.h"
#include "pipelines/watch/watch_metrics.h"
#include "pipelines/watch/watch_session.h"

namespace deepstack {
namespace {

void write_to_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// A board would be torn apart by events on the same terminal.
StatusBoard::Style status_style(const WatchOptions& options) {
  const bool events_between = options.output == "-" && isatty(STDOUT_FILENO) != 0;
  return isatty(STDERR_FILENO) != 0 && !events_between ? StatusBoard::Style::kBoard
                                                       : StatusBoard::Style::kLines;
}

// A rate of N or N/D frames a second.
std::string read_rate(const std::string& text, Settings& settings) {
  int end = 0;
  int numerator = 0;
  int denominator = 1;
  const int found = std::sscanf(text.c_str(), "%d%n/%d%n", &numerator, &end, &denominator, &end);
  if (found < 1 || text.size() != static_cast<size_t>(end)) {
    return "is '" + text + "', must be N or N/D frames a second";
  }
  settings.inference_rate_numerator = numerator;
  settings.inference_rate_denominator = denominator;
  return "";
}

// Null without an address.
Result<std::unique_ptr<StatusServer>> open_metrics(const std::string& address,
                                                   const WatchMetrics& metrics) {
  if (address.empty()) return std::unique_ptr<StatusServer>();
  return StatusServer::open(address, {{"/metrics", [&] { return metrics.metrics(); }},
                                      {"/healthz", [&] { return metrics.healthz(); }},
                                      {"/readyz", [&] { return metrics.readyz(); }}});
}

Status run(WatchOptions& options) {
  Result<std::vector<std::string>> names = camera_names(options.inputs, options.names);
  if (!names.ok()) return names.status();
  options.names = *names;
  if (const size_t files = options.credentials_files.size();
      files > 1 && files != options.inputs.size()) {
    return invalid("--credentials-file: " + std::to_string(files) + " files for " +
                   std::to_string(options.inputs.size()) +
                   " inputs, must be one for all or one an input");
  }
  if (Status status = options.settings.validate(); !status.ok()) return status;
  ServiceNotice notice;
  // Threads that come and go with every reconnect would leave heaps of their own behind: 35 MB an hour
  // with a camera that is lost every 5 s, 6 with one heap for all.
  mallopt(M_ARENA_MAX, 1);
  // A reader that goes away and a file at its limit are errors of a write, not ends of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  if (Status status = load_plugin(); !status.ok()) return status;
  // One model and one gallery, held here: what is wrong with them is told once, not by every
  // camera.
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(options.settings);
  if (!encoder.ok()) return encoder.status();
  Result<std::shared_ptr<SharedGallery>> gallery =
      open_gallery(options.settings, (*encoder)->info());
  if (!gallery.ok()) return gallery.status();

  WatchSession* session = nullptr;
  Result<std::unique_ptr<LineOutput>> output = LineOutput::open(options.output, [&session] {
    if (session != nullptr) session->output_changed();
  });
  if (!output.ok()) return output.status();
  StatusBoard board(status_style(options), std::make_shared<SteadyClock>(), write_to_stderr);
  Result<std::unique_ptr<EventPublications>> publications = EventPublications::open(
      options.publishing,
      [&board](const std::string& uri, const std::string& text) { board.say(uri, text); });
  if (!publications.ok()) return publications.status();
  (*output)->also_to([&publications](std::string_view lines) { (*publications)->write(lines); });
  WatchMetrics metrics(DEEPSTACK_VERSION, options.names, std::make_shared<SteadyClock>());
  Result<std::unique_ptr<StatusServer>> server = open_metrics(options.metrics, metrics);
  if (!server.ok()) return {server.status().code(), "--metrics: " + server.status().message()};
  if (*server != nullptr) board.say("metrics", (*server)->url() + "/metrics");
  WatchSession whole(options, **output, board, notice, metrics);
  session = &whole;
  Status status = whole.run();
  (*publications)
      ->finish(std::chrono::milliseconds(static_cast<int64_t>(options.drain_timeout_s * 1000)));
  return status;
}

void add_publish_options(CLI::App& command, PublishOptions& options) {
  command
      .add_option("--publish", options.uris,
                  "mqtt://, mqtts://, kafka:// or file:/// that events go to, too "
                  "(docs/publishing.md); may be given several times")
      ->take_all();
  command
      .add_option("--publish-credentials", options.credentials_files,
                  "user:password at the brokers, one file for all or one a URI")
      ->take_all();
  command.add_option("--publish-ca-file", options.ca_file,
                     "PEM file of who may have signed a broker's certificate");
  command.add_option("--publish-spool", options.spool,
                     "folder that keeps what is not published yet beyond the process");
}

void add_input_options(CLI::App& command, WatchOptions& options) {
  command.add_option("uri", options.inputs, "rtsp://, rtsps://, http:// or file:// URIs, or files")
      ->required();
  command.add_option("--output", options.output, "file to append events to, - for stdout")
      ->capture_default_str();
  command
      .add_option("--name", options.names,
                  "what an input is called in events, one each in their order; else its host "
                  "or file name")
      ->take_all();
  command
      .add_option("--credentials-file", options.credentials_files,
                  "user:password of the cameras, one file for all or one an input")
      ->take_all();
  command.add_option("--metrics", options.metrics,
                     "PORT or HOST:PORT to answer Prometheus at: /metrics, /healthz, /readyz; "
                     "a PORT alone is of 127.0.0.1");
  command.add_option("--latency", options.latency_ms, "ms that packets may be late")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str();
  command
      .add_option("--stall-timeout", options.stall_timeout_ms,
                  "ms without a frame after which a camera is connected anew")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  command
      .add_option("--drain-timeout", options.drain_timeout_s,
                  "seconds that writing what is under way may take after a signal")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
}

}  // namespace

Command add_watch_command(CLI::App& app) {
  auto options = std::make_shared<WatchOptions>();
  Settings& settings = options->settings;
  settings.inference_rate_numerator = 5;
  settings.gallery_id = "watch";
  CLI::App* command = app.add_subcommand("watch", "Watch cameras and files, write their events");
  add_config_option(*command);
  add_input_options(*command, *options);
  add_publish_options(*command, options->publishing);
  command
      ->add_option("--inference-rate",
                   "frames to analyse in a second of a camera, N or N/D; 0 for all")
      ->default_str("5")
      ->check([&settings](const std::string& text) { return read_rate(text, settings); });
  add_tracking_options(*command, settings, "where to look");
  static const std::map<std::string, EventSchema> kSchemas{
      {"native", EventSchema::kNative},
      {"dlstreamer", EventSchema::kDlStreamer},
      {"deepstream-minimal", EventSchema::kDeepStreamMinimal},
      {"onvif-mj", EventSchema::kOnvifMj},
      {"frigate", EventSchema::kFrigate}};
  command
      ->add_option("--schema", settings.schema,
                   "what events are written in: native, dlstreamer, deepstream-minimal, onvif-mj "
                   "or frigate")
      ->transform(choice(kSchemas))
      ->default_str("native");
  command->add_option("--tags", settings.tags,
                      "a JSON object to put into every event (native, dlstreamer)");
  command
      ->add_option("--gallery-id", settings.gallery_id,
                   "inputs share the gallery of this name; empty: one of its own each")
      ->capture_default_str();
  command->add_flag("--adaptive-depth", settings.adaptive_depth,
                    "run deeper levels only where the shallow ones do not decide");
  add_gallery_options(*command, settings);
  add_model_options(*command, settings);
  return [options] {
    // Less than the whole: what was found last is still to be written.
    options->settings.drain_timeout_ms = static_cast<int>(options->drain_timeout_s * 800);
    return run(*options);
  };
}

}  // namespace deepstack
