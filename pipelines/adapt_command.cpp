// deepstack adapt: teaches the model's head the user's cameras from the tracks of their videos, and
// installs it only if tracks that were held out are told apart better.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/analyzer.h"
#include "core/identity/view_collector.h"
#include "core/model/adaptation.h"
#include "pipelines/command.h"
#include "pipelines/media/video_reader.h"
#include "pipelines/model_options.h"

namespace deepstack {
namespace {

struct AdaptOptions {
  std::vector<std::string> inputs;
  std::vector<std::string> detections;
  std::vector<std::string> timestamps;
  std::string output;
  double fps = 0;
  int64_t view_mebibytes = 512;
  int64_t cache_mebibytes = 1024;
  ViewCollector::Limits limits;
  AdaptationSettings adaptation;
  Settings settings;
};

Status check(const AdaptOptions& options) {
  for (const auto& [name, files] : {std::pair("--detections", &options.detections),
                                    std::pair("--timestamps", &options.timestamps)}) {
    if (files->empty() || files->size() == options.inputs.size()) continue;
    return invalid(std::string(name) + " is given " + std::to_string(files->size()) +
                   " times, --input " + std::to_string(options.inputs.size()) +
                   " times: one each, or none");
  }
  if (options.settings.inference_region != InferenceRegion::kRoiList) {
    return invalid("--inference-region is full-frame, a head is adapted to roi-list");
  }
  return check_head_folder(options.output);
}

// Tracks one video and hands every confirmed, certain sighting to the collector.
Status collect_video(const AdaptOptions& options, size_t input,
                     const std::shared_ptr<Encoder>& encoder, ViewCollector& collector) {
  Settings settings = options.settings;
  settings.gallery_mode = GalleryMode::kOff;
  settings.proposals = ProposalSource::kMotion;
  if (!options.detections.empty()) {
    settings.proposals = ProposalSource::kFile;
    settings.proposals_file = options.detections[input];
  }
  VideoReader::Options reading;
  if (options.fps != 0) reading.fps = options.fps;
  if (!options.timestamps.empty()) reading.timestamps = options.timestamps[input];
  Result<VideoReader> video = VideoReader::open(options.inputs[input], reading);
  if (!video.ok()) return video.status();
  Result<std::unique_ptr<Analyzer>> analyzer = Analyzer::create(settings, encoder);
  if (!analyzer.ok()) return analyzer.status();
  while (true) {
    Result<std::optional<VideoFrame>> frame = video->next();
    if (!frame.ok()) return frame.status();
    if (!*frame) return {};
    const MediaTime time{0, (*frame)->time_ns};
    Result<AnalyzerResult> result = (*analyzer)->analyze(
        {.rgb = (*frame)->rgb, .time = time, .pts_ns = time.ns, .number = (*frame)->number});
    if (!result.ok()) return result.status();
    std::vector<TrackBox> boxes;
    for (const ObservedObject& object : result->objects) {
      if (!object.confirmed || object.detection.score < settings.threshold) continue;
      boxes.push_back({object.track_id, object.detection.box});
    }
    collector.add_frame(static_cast<int>(input), (*frame)->number, to_seconds(time.ns),
                        (*frame)->rgb, boxes);
  }
}

Status collect_views(const AdaptOptions& options, ViewCollector& collector) {
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(options.settings);
  if (!encoder.ok()) return encoder.status();
  for (size_t input = 0; input < options.inputs.size(); ++input) {
    Status status = collect_video(options, input, *encoder, collector);
    if (!status.ok()) return status;
  }
  return {};
}

void print(const AdaptationReport& report) {
  std::printf(
      "%zu tracks (%zu held out), %zu views; left out: %zu tracks of few views, %zu views "
      "that show nothing, %zu over the limit\n",
      report.tracks, report.held_out_tracks, report.views, report.short_tracks,
      report.unusable_views, report.surplus_views);
  std::printf("%-22s %8s %8s %8s %10s\n", "held-out tracks", "rank-1", "mAP", "AUC", "log-loss");
  const char* const names[2] = {"as filmed", "in another light"};
  for (const bool relit : {false, true}) {
    for (const bool after : {false, true}) {
      const TrialScores& scores = after ? report.after[relit] : report.before[relit];
      const std::string name = std::string(names[relit]) + (after ? ", after" : ", before");
      std::printf("%-25s %5.3f %8.3f %8.4f %10.4f\n", name.c_str(), scores.rank1,
                  scores.mean_precision, scores.auc, scores.log_loss);
    }
  }
  std::printf("gain: AUC %+.4f +- %.4f, log-loss %+.4f +- %.4f\n", report.gain.auc,
              report.gain.auc_error, report.gain.log_loss, report.gain.log_loss_error);
  std::printf("training: %d steps kept, loss %.3f to %.3f\n", report.steps, report.first_loss,
              report.last_loss);
}

Status no_gain(const AdaptationReport& report) {
  char line[200];
  std::snprintf(line, sizeof line,
                "no gain: held-out AUC %+.4f +- %.4f, log-loss %+.4f +- %.4f; head not installed",
                report.gain.auc, report.gain.auc_error, report.gain.log_loss,
                report.gain.log_loss_error);
  return {StatusCode::kUnavailable, line};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Status run(AdaptOptions options) {
  options.limits.max_bytes = options.view_mebibytes << 20;
  options.adaptation.cache_bytes = options.cache_mebibytes << 20;
  options.adaptation.batch_size = options.settings.batch_size;
  const std::filesystem::path output(options.output);
  options.adaptation.name =
      (output.has_filename() ? output : output.parent_path()).filename().string();
  options.adaptation.progress = [](const std::string& line) {
    std::fprintf(stderr, "deepstack: %s\n", line.c_str());
  };
  if (Status status = check(options); !status.ok()) return status;
  if (Status status = options.settings.validate(); !status.ok()) return status;
  const auto start = std::chrono::steady_clock::now();
  ViewCollector collector(options.limits);
  if (Status status = collect_views(options, collector); !status.ok()) return status;
  const double collect_s = seconds_since(start);
  Result<Adaptation> adaptation =
      adapt_head(model_source(options.settings), collector.views(), options.adaptation);
  if (!adaptation.ok()) return adaptation.status();
  const AdaptationReport& report = adaptation->report;
  print(report);
  std::printf("time: %.1f s tracking, %.1f s tower, %.1f s training\n", collect_s, report.look_s,
              report.train_s);
  if (!report.gained) return no_gain(report);
  if (Status status = write_head(adaptation->head, options.output); !status.ok()) return status;
  std::printf("head installed: %s\n", options.output.c_str());
  return {};
}

}  // namespace

Command add_adapt_command(CLI::App& app) {
  auto options = std::make_shared<AdaptOptions>();
  CLI::App* command = app.add_subcommand("adapt", "Teach the model's head your cameras");
  command->add_option("--input", options->inputs, "video file, or folder of pictures; repeatable")
      ->required();
  command->add_option("--detections", options->detections,
                      "MOTChallenge det.txt for each input; without it things that move");
  command->add_option("--timestamps", options->timestamps,
                      "CSV for each input with a header naming frame and pts_ns");
  command->add_option("--output", options->output, "head folder to write")->required();
  command->add_option("--fps", options->fps, "frames a second, instead of the videos' own");
  command
      ->add_option("--threshold", options->settings.threshold,
                   "detections from here begin tracks and give views")
      ->capture_default_str();
  command->add_option("--views", options->limits.views_a_track, "most views of a track")
      ->check(CLI::Range(5, 1000))
      ->capture_default_str();
  command->add_option("--view-memory", options->view_mebibytes, "MiB that views may take")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command
      ->add_option("--cache-memory", options->cache_mebibytes,
                   "MiB that the tower's answers may take")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_option("--steps", options->adaptation.steps, "most training steps")
      ->capture_default_str();
  command->add_option("--seed", options->adaptation.seed, "of the split and the training")
      ->capture_default_str();
  add_model_options(*command, options->settings);
  return [options] { return run(*options); };
}

}  // namespace deepstack
