// VideoFrames: a video file frame by frame, as OpenCV decodes it: frame k is at k / fps seconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <opencv2/core/mat.hpp>
#include <opencv2/videoio.hpp>

#include "core/status.h"

namespace deepstack {

class VideoFrames {
 public:
  static Result<VideoFrames> open(const std::filesystem::path& path);

  cv::Size size() const { return size_; }
  double fps() const { return fps_; }

  // The next frame, [height, width] CV_8UC3 in B, G, R order, all of one size; nothing at the end.
  Result<std::optional<cv::Mat>> next();

  // Frames that next() has given.
  int64_t count() const { return count_; }
  int64_t time_ns(int64_t frame) const;
  int64_t frame_at(int64_t time_ns) const;  // the nearest

 private:
  std::filesystem::path path_;
  cv::VideoCapture video_;
  cv::Size size_;
  double fps_ = 0;
  int64_t count_ = 0;
};

}  // namespace deepstack
