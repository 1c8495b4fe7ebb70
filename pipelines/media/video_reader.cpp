#include "pipelines/media/video_reader.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/time/media_time.h"
#include "pipelines/media/timestamps_file.h"

namespace deepstack {
namespace {

constexpr double kUnknownFps = 25;
constexpr double kLargestFps = 1000;

std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder) {
  static const std::set<std::string> kEndings{".jpg", ".jpeg", ".png", ".bmp"};
  std::vector<std::filesystem::path> pictures;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (kEndings.contains(entry.path().extension().string())) pictures.push_back(entry.path());
  }
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

}  // namespace

Result<VideoReader> VideoReader::open(const std::filesystem::path& path, const Options& options) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found(path.string() + ": no such file");
  if (options.fps && !(*options.fps > 0 && *options.fps <= kLargestFps)) {
    return invalid("--fps must be above 0 and at most 1000");
  }
  VideoReader reader;
  reader.path_ = path;
  reader.fps_ = options.fps.value_or(kUnknownFps);
  if (!options.timestamps.empty()) {
    Result<std::vector<int64_t>> times_ns = read_timestamps(options.timestamps);
    if (!times_ns.ok()) return times_ns.status();
    reader.timestamps_ns_ = *std::move(times_ns);
  }
  if (std::filesystem::is_directory(path, error)) {
    reader.pictures_ = pictures_in(path);
    if (reader.pictures_.empty()) return corrupt(path.string() + ": holds no pictures");
    return reader;
  }
  if (!reader.video_.open(path.string(), cv::CAP_FFMPEG)) {
    return corrupt(path.string() + ": is no video that can be decoded");
  }
  const double own_fps = reader.video_.get(cv::CAP_PROP_FPS);
  if (!options.fps && own_fps > 0 && own_fps <= kLargestFps) reader.fps_ = own_fps;
  return reader;
}

Result<bool> VideoReader::read_picture(cv::Mat& bgr) {
  if (pictures_.empty()) return video_.read(bgr);
  if (count_ == static_cast<int64_t>(pictures_.size())) return false;
  const std::filesystem::path& picture = pictures_[static_cast<size_t>(count_)];
  bgr = cv::imread(picture.string(), cv::IMREAD_COLOR);
  if (bgr.empty()) return corrupt(picture.string() + ": is no picture that can be decoded");
  return true;
}

Result<std::optional<VideoFrame>> VideoReader::next() try {
  cv::Mat bgr;
  Result<bool> read = read_picture(bgr);
  if (!read.ok()) return read.status();
  if (!*read) {
    if (count_ == 0) return corrupt(path_.string() + ": holds no frame that can be decoded");
    return std::optional<VideoFrame>();
  }
  VideoFrame frame;
  frame.number = ++count_;
  frame.time_ns =
      std::llround(static_cast<double>(count_ - 1) * static_cast<double>(kNanosPerSecond) / fps_);
  if (!timestamps_ns_.empty()) {
    if (count_ > static_cast<int64_t>(timestamps_ns_.size())) {
      return corrupt("the timestamps end at frame " + std::to_string(timestamps_ns_.size()) +
                     ", " + path_.string() + " goes on");
    }
    frame.time_ns = timestamps_ns_[static_cast<size_t>(count_ - 1)];
  }
  cv::cvtColor(bgr, frame.rgb, cv::COLOR_BGR2RGB);
  return std::optional(std::move(frame));
} catch (const cv::Exception& error) {
  return corrupt(path_.string() + ": could not be decoded: " + error.err);
}

Result<bool> VideoReader::skip() try {
  if (pictures_.empty()) {
    if (!video_.grab()) return false;
  } else if (count_ == static_cast<int64_t>(pictures_.size())) {
    return false;
  }
  ++count_;
  return true;
} catch (const cv::Exception& error) {
  return corrupt(path_.string() + ": could not be decoded: " + error.err);
}

bool VideoReader::go_to(int64_t number) try {
  if (pictures_.empty() && number > 1 &&
      !video_.set(cv::CAP_PROP_POS_FRAMES, static_cast<double>(number - 1))) {
    return false;
  }
  count_ = number - 1;
  return true;
} catch (const cv::Exception&) {
  return false;
}

int64_t VideoReader::frames() const {
  if (!pictures_.empty()) return static_cast<int64_t>(pictures_.size());
  constexpr double kMost = 1e9;  // raw streams say anything
  const double frames = video_.get(cv::CAP_PROP_FRAME_COUNT);
  return frames > 0 && frames < kMost ? std::llround(frames) : 0;
}

int VideoReader::width() const { return static_cast<int>(video_.get(cv::CAP_PROP_FRAME_WIDTH)); }
int VideoReader::height() const { return static_cast<int>(video_.get(cv::CAP_PROP_FRAME_HEIGHT)); }

}  // namespace deepstack
