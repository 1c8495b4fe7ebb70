// deepstack track: a video (and detections) in, a MOTChallenge result out, every frame analysed.
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "core/analyzer.h"
#include "pipelines/choice.h"
#include "pipelines/command.h"
#include "pipelines/gallery_options.h"
#include "pipelines/media/output_file.h"
#include "pipelines/media/video_reader.h"
#include "pipelines/model_options.h"

namespace deepstack {
namespace {

struct TrackOptions {
  std::string input;
  std::string output;
  std::string detections;
  VideoReader::Options video;
  double fps = 0;
  bool identity = false;
  Settings settings;
};

// The rows of a MOTChallenge result. A tentative track's rows wait until it is confirmed: they are
// then written as they were, or never. An identity stands once in a frame: a row that waited for it
// gives way to a track that had it then.
class MotRows {
 public:
  explicit MotRows(bool identity) : identity_(identity) {}

  void add(int64_t frame, const ObservedObject& object) {
    std::vector<Row>& waiting = waiting_[object.track_id];
    waiting.push_back({frame, object.detection});
    if (!object.confirmed || (identity_ && !object.identity)) return;
    const int64_t id = identity_ ? object.identity->number : object.track_id;
    for (const Row& row : waiting) rows_.try_emplace({row.frame, id}, text(row, id));
    waiting.clear();
  }

  std::string text() const {
    std::string all;
    for (const auto& [frame_and_id, row] : rows_) all += row;
    return all;
  }

 private:
  struct Row {
    int64_t frame;
    Detection detection;
  };

  static std::string text(const Row& row, int64_t id) {
    char line[160];
    const Box& box = row.detection.box;
    std::snprintf(line, sizeof line, "%lld,%lld,%.2f,%.2f,%.2f,%.2f,%.4f,-1,-1,-1\n",
                  static_cast<long long>(row.frame), static_cast<long long>(id),
                  static_cast<double>(box.x), static_cast<double>(box.y),
                  static_cast<double>(box.width), static_cast<double>(box.height),
                  static_cast<double>(row.detection.score));
    return line;
  }

  const bool identity_;
  std::map<int64_t, std::vector<Row>> waiting_;  // by track
  std::map<std::pair<int64_t, int64_t>, std::string> rows_;  // by frame and id
};

Status run(TrackOptions options) {
  Settings& settings = options.settings;
  if (!options.detections.empty()) {
    settings.proposals = ProposalSource::kFile;
    settings.proposals_file = options.detections;
  }
  if (Status status = settings.validate(); !status.ok()) return status;
  if (options.fps != 0) options.video.fps = options.fps;
  Result<VideoReader> video = VideoReader::open(options.input, options.video);
  if (!video.ok()) return video.status();
  Result<std::shared_ptr<Encoder>> encoder = open_encoder(settings);
  if (!encoder.ok()) return encoder.status();
  Result<std::unique_ptr<Analyzer>> analyzer = Analyzer::create(settings, *encoder);
  if (!analyzer.ok()) return analyzer.status();

  MotRows rows(options.identity);
  while (true) {
    Result<std::optional<VideoFrame>> frame = video->next();
    if (!frame.ok()) return frame.status();
    if (!*frame) break;
    Result<AnalyzerResult> result =
        (*analyzer)->analyze({.rgb = (*frame)->rgb,
                              .time = {0, (*frame)->time_ns},
                              .pts_ns = (*frame)->time_ns,
                              .number = (*frame)->number});
    if (!result.ok()) return result.status();
    for (const ObservedObject& object : result->objects) rows.add((*frame)->number, object);
  }
  if (settings.adaptive_depth) {
    std::fprintf(stderr, "%.1f %% of the blocks were run\n", 100 * (*analyzer)->average_depth());
  }
  return write_output(options.output, rows.text());
}

}  // namespace

Command add_track_command(CLI::App& app) {
  auto options = std::make_shared<TrackOptions>();
  CLI::App* command = app.add_subcommand("track", "Track a video, write a MOTChallenge result");
  command->add_option("--input", options->input, "video file, or folder of pictures")->required();
  command->add_option("--output", options->output, "result file, - for stdout")->required();
  command->add_option("--detections", options->detections,
                      "MOTChallenge det.txt; without it things that move are tracked");
  static const std::map<std::string, ProposalSource> kProposals{
      {"motion", ProposalSource::kMotion}, {"hog", ProposalSource::kHog}};
  options->settings.proposals = ProposalSource::kMotion;
  command->add_option("--proposals", options->settings.proposals,
                      "where to look without --detections: motion or hog (people)")
      ->transform(choice(kProposals))
      ->default_str("motion");
  command->add_option("--fps", options->fps, "frames a second, instead of the video's own");
  command->add_option("--timestamps", options->video.timestamps,
                      "CSV with a header naming frame and pts_ns");
  command->add_flag("--identity", options->identity,
                    "write the identity's number instead of the track's");
  command->add_option("--threshold", options->settings.threshold, "detections from here begin tracks")
      ->capture_default_str();
  command->add_option("--reid-threshold", options->settings.reid_threshold,
                      "match probability from which an identity is the same")
      ->capture_default_str();
  command->add_option("--track-max-age", options->settings.track_max_age_ms,
                      "ms; a track unseen for longer ends")
      ->capture_default_str();
  command->add_flag("--adaptive-depth", options->settings.adaptive_depth,
                    "run deeper levels only where the shallow ones do not decide");
  add_gallery_options(*command, options->settings);
  add_model_options(*command, options->settings);
  return [options] { return run(*options); };
}

}  // namespace deepstack
