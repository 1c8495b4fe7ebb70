// AnnotatedVideo: writes frames as an MJPG AVI that appears whole or not at all: under a temporary
// name until finish(). Dropped unfinished, it leaves nothing behind.
#pragma once

#include <cstdint>
#include <filesystem>

#include <opencv2/videoio.hpp>

#include "core/status.h"

namespace deepstack {

class AnnotatedVideo {
 public:
  static Result<AnnotatedVideo> create(const std::filesystem::path& path, cv::Size size,
                                       double fps);

  AnnotatedVideo(AnnotatedVideo&& other) noexcept;
  AnnotatedVideo& operator=(AnnotatedVideo&&) = delete;
  ~AnnotatedVideo();

  // frame: [height, width] CV_8UC3 in B, G, R order, of the size given.
  Status write(const cv::Mat& frame);

  // Reads the file back, since the writer does not say when the disk is full, and gives it its
  // name.
  Status finish();

 private:
  AnnotatedVideo(std::filesystem::path path, std::filesystem::path part)
      : path_(std::move(path)), part_(std::move(part)) {}

  Status cannot_write(const std::string& reason) const;

  std::filesystem::path path_;
  std::filesystem::path part_;  // empty: nothing to remove
  cv::VideoWriter writer_;
  int64_t frames_ = 0;
};

}  // namespace deepstack
