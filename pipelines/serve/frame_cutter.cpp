#include "pipelines/serve/frame_cutter.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

namespace deepstack {
namespace {

constexpr float kMargin = 0.15F;  // of the box, on each side
constexpr int kJpegQuality = 85;
constexpr double kUnknownFps = 25;

// The box with its margin, moved into the frame as far as it fits.
cv::Rect window(const Box& box, cv::Size frame) {
  const auto place = [](float start, float length, int limit) {
    const int size = std::clamp(static_cast<int>(std::lround(length)), 1, limit);
    return std::pair(std::clamp(static_cast<int>(std::lround(start)), 0, limit - size), size);
  };
  const float margin = kMargin * std::min(box.width, box.height);
  const auto [x, width] = place(box.x - margin, box.width + 2 * margin, frame.width);
  const auto [y, height] = place(box.y - margin, box.height + 2 * margin, frame.height);
  return {x, y, width, height};
}

Result<std::string> jpeg(const cv::Mat& picture, double scale) {
  cv::Mat scaled = picture;
  if (scale < 1) cv::resize(picture, scaled, {}, scale, scale, cv::INTER_AREA);
  std::vector<uint8_t> bytes;
  if (!cv::imencode(".jpg", scaled, bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality})) {
    return internal("a picture could not be encoded as JPEG");
  }
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

struct FrameCutter::OpenVideo {
  explicit OpenVideo(VideoFile opened) : file(std::move(opened)) {}

  VideoFile file;
  std::filesystem::path path;
  cv::VideoCapture capture;
  double fps = kUnknownFps;
  double position_s = -1;  // of the frame read last; below 0: none
  cv::Mat last;
};

FrameCutter::FrameCutter() = default;
FrameCutter::~FrameCutter() = default;

Result<std::string> FrameCutter::thumbnail(const std::filesystem::path& video, double pts_s,
                                           const Box& box) try {
  const std::lock_guard lock(mutex_);
  const Result<cv::Mat> frame = frame_at(video, pts_s);
  if (!frame.ok()) return frame.status();
  const cv::Mat part = (*frame)(window(box, frame->size()));
  return jpeg(part, static_cast<double>(kThumbnailHeight) / part.rows);
} catch (const cv::Exception& error) {
  return internal("a picture could not be cut: " + error.err);
}

Result<std::string> FrameCutter::frame(const std::filesystem::path& video, double pts_s) try {
  const std::lock_guard lock(mutex_);
  const Result<cv::Mat> frame = frame_at(video, pts_s);
  if (!frame.ok()) return frame.status();
  return jpeg(*frame, static_cast<double>(kMostFrameWidth) / frame->cols);
} catch (const cv::Exception& error) {
  return internal("a picture could not be cut: " + error.err);
}

Result<cv::Mat> FrameCutter::picture(const std::filesystem::path& video, double pts_s) try {
  const std::lock_guard lock(mutex_);
  const Result<cv::Mat> frame = frame_at(video, pts_s);
  if (!frame.ok()) return frame.status();
  cv::Mat rgb;
  cv::cvtColor(*frame, rgb, cv::COLOR_BGR2RGB);
  return rgb;
} catch (const cv::Exception& error) {
  return internal("a picture could not be cut: " + error.err);
}

Result<FrameCutter::Facts> FrameCutter::facts(const std::filesystem::path& video) try {
  const Result<VideoFile> file = VideoFile::open(video);
  if (!file.ok()) return file.status();
  const std::lock_guard lock(mutex_);
  const std::string identity = file->identity();
  if (const auto known = facts_.find(identity); known != facts_.end()) return known->second;
  const Result<OpenVideo*> opened = open(video);
  if (!opened.ok()) return opened.status();
  const cv::VideoCapture& capture = (*opened)->capture;
  Facts facts{"", static_cast<int>(capture.get(cv::CAP_PROP_FRAME_WIDTH)),
              static_cast<int>(capture.get(cv::CAP_PROP_FRAME_HEIGHT))};
  const auto code = static_cast<uint32_t>(capture.get(cv::CAP_PROP_FOURCC));
  for (unsigned shift = 0; shift < 32; shift += 8) {
    const auto letter = static_cast<char>((code >> shift) & 0xFFU);
    if (letter > ' ' && letter < 0x7f) facts.codec += letter;
  }
  if (facts_.size() >= kMostFacts) facts_.clear();
  facts_[identity] = facts;
  return facts;
} catch (const cv::Exception& error) {
  return corrupt(video.filename().string() + ": could not be opened: " + error.err);
}

Result<FrameCutter::OpenVideo*> FrameCutter::open(const std::filesystem::path& video) {
  Result<VideoFile> file = VideoFile::open(video);
  if (!file.ok()) return file.status();
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& one) {
    return one->path == video && one->file.identity() == file->identity();
  });
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
    return open_.front().get();
  }
  auto opened = std::make_unique<OpenVideo>(*std::move(file));
  opened->path = video;
  if (!opened->capture.open(opened->file.descriptor_path(), cv::CAP_FFMPEG)) {
    return corrupt(video.filename().string() + ": is no video that can be decoded");
  }
  const double fps = opened->capture.get(cv::CAP_PROP_FPS);
  if (fps > 0 && fps < 1000) opened->fps = fps;
  open_.push_front(std::move(opened));
  if (open_.size() > kMostOpen) open_.pop_back();
  return open_.front().get();
}

Result<cv::Mat> FrameCutter::frame_at(const std::filesystem::path& video, double pts_s) {
  const Result<OpenVideo*> opened = open(video);
  if (!opened.ok()) return opened.status();
  OpenVideo& one = **opened;
  const double half_frame_s = 0.5 / one.fps;
  // A little ahead is read on to; else a seek, which lands on the frame or before it.
  constexpr double kReadOn_s = 2;
  const double ahead_s = pts_s - one.position_s;
  if (one.position_s < 0 || ahead_s < -half_frame_s || ahead_s > kReadOn_s) {
    one.capture.set(cv::CAP_PROP_POS_MSEC, std::max(0.0, pts_s - 2 * half_frame_s) * 1e3);
    one.position_s = -1;
  }
  for (int step = 0; step < kMostSteps; ++step) {
    if (one.position_s >= pts_s - half_frame_s && !one.last.empty()) return one.last;
    cv::Mat next;
    if (!one.capture.read(next) || next.empty()) break;
    one.last = next;
    one.position_s = one.capture.get(cv::CAP_PROP_POS_MSEC) / 1e3;
  }
  if (one.position_s >= 0 && !one.last.empty()) return one.last;  // the last one of the video
  one.position_s = -1;
  return corrupt(video.filename().string() + ": has no frame at " + std::to_string(pts_s) + " s");
}

}  // namespace deepstack
