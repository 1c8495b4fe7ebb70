#include "pipelines/media/picture_file.h"

#include <cmath>
#include <cstdio>
#include <string>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "core/regular_file.h"
#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr uint64_t kMostBytes = uint64_t{64} << 20;
constexpr size_t kMostPixels = size_t{1} << 26;
constexpr double kUnknownFps = 25;
constexpr double kLargestFps = 1000;

std::string seconds(int64_t time_ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", to_seconds(time_ns));
  return text;
}

}  // namespace

Result<cv::Mat> read_picture(const std::filesystem::path& path) try {
  const Result<std::string> bytes = read_text_file(path, kMostBytes);
  if (!bytes.ok()) {
    return Status(bytes.status().code(), path.string() + ": " + bytes.status().message());
  }
  const cv::Mat encoded(1, static_cast<int>(bytes->size()), CV_8U,
                        const_cast<char*>(bytes->data()));
  cv::Mat picture;
  if (!bytes->empty()) picture = cv::imdecode(encoded, cv::IMREAD_COLOR);
  if (picture.empty()) return corrupt(path.string() + ": is no picture that can be decoded");
  if (picture.total() > kMostPixels) {
    return corrupt(path.string() + ": has " + std::to_string(picture.total()) + " pixels, " +
                   std::to_string(kMostPixels) + " are allowed");
  }
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  return picture;
} catch (const cv::Exception& error) {
  return corrupt(path.string() + ": is no picture that can be decoded: " + error.err);
}

Result<cv::Mat> read_frame_at(const std::filesystem::path& path, int64_t time_ns) try {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found(path.string() + ": no such file");
  cv::VideoCapture video;
  if (!std::filesystem::is_regular_file(path, error) ||
      !video.open(path.string(), cv::CAP_FFMPEG)) {
    return corrupt(path.string() + ": is no video that can be decoded");
  }
  const double own_fps = video.get(cv::CAP_PROP_FPS);
  const double fps = own_fps > 0 && own_fps <= kLargestFps ? own_fps : kUnknownFps;
  const double frame = std::floor(to_seconds(time_ns) * fps + 0.5);
  const double frames = video.get(cv::CAP_PROP_FRAME_COUNT);
  if (time_ns < 0 || (frames > 0 && frame >= frames)) {
    return invalid(path.string() + ": has no frame at " + seconds(time_ns) + ", it lasts " +
                   seconds(static_cast<int64_t>(frames / fps * 1e9)));
  }
  cv::Mat picture;
  if (frame > 0) video.set(cv::CAP_PROP_POS_FRAMES, frame);
  if (!video.read(picture) || picture.empty()) {
    return corrupt(path.string() + ": the frame at " + seconds(time_ns) + " cannot be decoded");
  }
  cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
  return picture;
} catch (const cv::Exception& error) {
  return corrupt(path.string() + ": could not be decoded: " + error.err);
}

}  // namespace deepstack
