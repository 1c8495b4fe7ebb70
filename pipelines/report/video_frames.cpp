#include "pipelines/report/video_frames.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr double kUnknownFps = 25;
constexpr double kLargestFps = 1000;

}  // namespace

Result<VideoFrames> VideoFrames::open(const std::filesystem::path& path) try {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found(path.string() + ": no such file");
  VideoFrames frames;
  frames.path_ = path;
  if (std::filesystem::is_directory(path, error) ||
      !frames.video_.open(path.string(), cv::CAP_FFMPEG)) {
    return corrupt(path.string() + ": is no video that can be decoded");
  }
  frames.size_ = {static_cast<int>(frames.video_.get(cv::CAP_PROP_FRAME_WIDTH)),
                  static_cast<int>(frames.video_.get(cv::CAP_PROP_FRAME_HEIGHT))};
  if (frames.size_.empty()) return corrupt(path.string() + ": says its frames are empty");
  const double fps = frames.video_.get(cv::CAP_PROP_FPS);
  frames.fps_ = fps > 0 && fps <= kLargestFps ? fps : kUnknownFps;
  return frames;
} catch (const cv::Exception& error) {
  return corrupt(path.string() + ": could not be opened: " + error.err);
}

Result<std::optional<cv::Mat>> VideoFrames::next() try {
  cv::Mat frame;
  if (!video_.read(frame) || frame.empty()) {
    if (count_ == 0) return corrupt(path_.string() + ": holds no frame that can be decoded");
    return std::optional<cv::Mat>();
  }
  ++count_;
  if (frame.size() != size_) cv::resize(frame, frame, size_, 0, 0, cv::INTER_AREA);
  return std::optional(std::move(frame));
} catch (const cv::Exception& error) {
  return corrupt(path_.string() + ": could not be decoded: " + error.err);
}

int64_t VideoFrames::time_ns(int64_t frame) const {
  return std::llround(static_cast<double>(frame) * static_cast<double>(kNanosPerSecond) / fps_);
}

int64_t VideoFrames::frame_at(int64_t time_ns) const {
  return std::llround(to_seconds(time_ns) * fps_);
}

}  // namespace deepstack
