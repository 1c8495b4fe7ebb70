#include "pipelines/report/annotated_video.h"

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

namespace deepstack {

Result<AnnotatedVideo> AnnotatedVideo::create(const std::filesystem::path& path, cv::Size size,
                                              double fps) try {
  // The writer tells the format by the ending.
  AnnotatedVideo video(path, path.string() + ".part" + std::to_string(getpid()) + ".avi");
  if (!video.writer_.open(video.part_.string(), cv::CAP_FFMPEG,
                          cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), fps, size)) {
    return video.cannot_write("MJPG of " + std::to_string(size.width) + "x" +
                              std::to_string(size.height) + " could not be begun there");
  }
  return video;
} catch (const cv::Exception& error) {
  return Status(StatusCode::kUnavailable, path.string() + ": cannot be written: " + error.err);
}

AnnotatedVideo::AnnotatedVideo(AnnotatedVideo&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::exchange(other.part_, {})),
      writer_(std::exchange(other.writer_, {})),
      frames_(other.frames_) {}

AnnotatedVideo::~AnnotatedVideo() {
  if (part_.empty()) return;
  writer_.release();
  std::error_code error;
  std::filesystem::remove(part_, error);
}

Status AnnotatedVideo::write(const cv::Mat& frame) try {
  writer_.write(frame);
  ++frames_;
  return {};
} catch (const cv::Exception& error) {
  return cannot_write(error.err);
}

Status AnnotatedVideo::finish() try {
  writer_.release();
  cv::VideoCapture written(part_.string(), cv::CAP_FFMPEG);
  const auto found = static_cast<int64_t>(written.get(cv::CAP_PROP_FRAME_COUNT));
  if (!written.isOpened() || found < frames_) {
    return cannot_write("only " + std::to_string(found) + " of " + std::to_string(frames_) +
                        " frames arrived; is the disk full?");
  }
  written.release();
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (error) return cannot_write(error.message());
  part_.clear();
  return {};
} catch (const cv::Exception& error) {
  return cannot_write(error.err);
}

Status AnnotatedVideo::cannot_write(const std::string& reason) const {
  return {StatusCode::kUnavailable, path_.string() + ": cannot be written: " + reason};
}

}  // namespace deepstack
