// deepstack report: who was seen when, from the events of the element and the video they are about.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/command.h"
#include "pipelines/media/output_file.h"
#include "pipelines/report/annotated_video.h"
#include "pipelines/report/event_log.h"
#include "pipelines/report/frame_overlay.h"
#include "pipelines/report/html_page.h"
#include "pipelines/report/identity_history.h"
#include "pipelines/report/identity_table.h"
#include "pipelines/report/thumbnails.h"
#include "pipelines/report/video_frames.h"

namespace deepstack {
namespace {

struct ReportOptions {
  std::string video;
  std::string events;
  std::string html;
  std::string annotated;
  bool table = false;
  std::optional<double> seconds;
};

Status check(const ReportOptions& options) {
  if (options.html.empty() && options.annotated.empty() && !options.table) {
    return invalid("report has nothing to write: give --html, --annotated or --table");
  }
  if (options.seconds && !(*options.seconds > 0 && std::isfinite(*options.seconds))) {
    return invalid("--seconds must be above 0");
  }
  for (const std::string& output : {options.html, options.annotated}) {
    std::error_code error;
    if (output.empty() || output == "-") continue;
    for (const std::string& input : {options.video, options.events}) {
      if (std::filesystem::equivalent(output, input, error)) {
        return invalid(output + ": is both input and output");
      }
    }
    // Told before the work rather than after it.
    const std::filesystem::path folder = std::filesystem::absolute(output, error).parent_path();
    if (access(folder.c_str(), W_OK) != 0) {
      return {
          StatusCode::kUnavailable,
          output + ": cannot be written: its folder " +
              (std::filesystem::exists(folder, error) ? "cannot be written to" : "does not exist")};
    }
    if (std::filesystem::is_directory(output, error)) {
      return {StatusCode::kUnavailable, output + ": cannot be written: is a folder"};
    }
  }
  if (!options.html.empty() && options.html == options.annotated) {
    return invalid(options.html + ": is named by --html and by --annotated");
  }
  return {};
}

// Cuts the thumbnails whose sighting is in this frame; `next` walks `order`, sorted by time.
Status take_pictures(const cv::Mat& picture, int64_t frame, const VideoFrames& video,
                     const std::vector<Thumbnail*>& order, size_t& next) {
  for (; next < order.size() && video.frame_at(order[next]->time_ns) <= frame; ++next) {
    if (video.frame_at(order[next]->time_ns) < frame) continue;
    if (Status taken = take_picture(picture, *order[next]); !taken.ok()) return taken;
  }
  return {};
}

// One pass over the video: thumbnails are cut from the frames before these are drawn on.
Status read_video(VideoFrames& video, const IdentityHistory& history,
                  std::vector<Thumbnail>& thumbnails, AnnotatedVideo* annotated) {
  std::vector<Thumbnail*> order;
  for (Thumbnail& thumbnail : thumbnails) order.push_back(&thumbnail);
  std::stable_sort(order.begin(), order.end(),
                   [](const Thumbnail* a, const Thumbnail* b) { return a->time_ns < b->time_ns; });
  FrameOverlay overlay(history, video.size(), video.time_ns(1));
  size_t next = 0;
  while (true) {
    Result<std::optional<cv::Mat>> read = video.next();
    if (!read.ok()) return read.status();
    if (!*read) return {};
    cv::Mat picture = **read;
    const int64_t frame = video.count() - 1;
    if (Status taken = take_pictures(picture, frame, video, order, next); !taken.ok()) return taken;
    if (annotated == nullptr) continue;
    overlay.draw(picture, video.time_ns(frame));
    if (Status written = annotated->write(picture); !written.ok()) return written;
  }
}

Status write_pictures(const ReportOptions& options, const EventLog& log,
                      const IdentityHistory& history) {
  Result<VideoFrames> video = VideoFrames::open(options.video);
  if (!video.ok()) return video.status();
  std::vector<Thumbnail> thumbnails;
  if (!options.html.empty()) thumbnails = plan_thumbnails(history);
  std::optional<AnnotatedVideo> annotated;
  if (!options.annotated.empty()) {
    Result<AnnotatedVideo> created =
        AnnotatedVideo::create(options.annotated, video->size(), video->fps());
    if (!created.ok()) return created.status();
    annotated.emplace(*std::move(created));
  }
  Status status = read_video(*video, history, thumbnails, annotated ? &*annotated : nullptr);
  if (status.ok() && annotated) status = annotated->finish();
  if (!status.ok() || options.html.empty()) return status;
  const ReportedVideo reported{.name = std::filesystem::path(options.video).filename().string(),
                               .width = video->size().width,
                               .height = video->size().height,
                               .fps = video->fps(),
                               .frames = video->count(),
                               .processing_s = options.seconds};
  return write_output(options.html, html_page(log, history, thumbnails, reported));
}

Status run(const ReportOptions& options) {
  if (Status status = check(options); !status.ok()) return status;
  Result<EventLog> log = read_event_log(options.events);
  if (!log.ok()) return log.status();
  const IdentityHistory history = make_history(*log);
  if (!options.html.empty() || !options.annotated.empty()) {
    if (Status status = write_pictures(options, *log, history); !status.ok()) return status;
  }
  return options.table ? write_output("-", identity_table(*log, history)) : Status();
}

}  // namespace

Command add_report_command(CLI::App& app) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app.add_subcommand("report", "Show who was seen when, from events and their video");
  command->add_option("--video", options->video, "the video that was analysed")->required();
  command->add_option("--events", options->events, "events of the element, one JSON object a line")
      ->required();
  command->add_option("--html", options->html, "page to write: timeline, identities, tracks");
  command->add_option("--annotated", options->annotated,
                      "MJPG AVI to write, with identities drawn");
  command->add_flag("--table", options->table, "print a table of identities");
  command->add_option("--seconds", options->seconds, "how long the analysis took, for the page");
  return [options] { return run(*options); };
}

}  // namespace deepstack
