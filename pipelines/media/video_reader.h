// VideoReader: the frames of a video file or of a folder of pictures (MOTChallenge's img1/), in order,
// with their time. Raw H.264 and H.265 files are read too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/videoio.hpp>

#include "core/status.h"

namespace deepstack {

struct VideoFrame {
  cv::Mat rgb;         // [height, width] CV_8UC3
  int64_t number = 0;  // from 1
  int64_t time_ns = 0;
};

class VideoReader {
 public:
  struct Options {
    std::optional<double> fps;               // instead of the file's own; needed for pictures
    std::filesystem::path timestamps;        // CSV with a header naming frame and pts_ns; wins
  };

  static Result<VideoReader> open(const std::filesystem::path& path, const Options& options);

  double fps() const { return fps_; }  // given, the file's own, or assumed
  int64_t frames() const;              // as the file says; 0: it does not
  int width() const;                   // of a file, as it says
  int height() const;

  // The next frame; nothing at the end.
  Result<std::optional<VideoFrame>> next();

  // Leaves the next frame out. False at the end.
  Result<bool> skip();

  // The next frame is to be this one, from 1. Files may err in where they take one to: whoever needs
  // the very frame has to look at it. False: cannot be done.
  bool go_to(int64_t number);

  int64_t next_number() const { return count_ + 1; }

 private:
  Result<bool> read_picture(cv::Mat& bgr);

  std::filesystem::path path_;
  cv::VideoCapture video_;
  std::vector<std::filesystem::path> pictures_;
  std::vector<int64_t> timestamps_ns_;  // of frame i + 1; empty: by fps
  double fps_ = 0;
  int64_t count_ = 0;
};

}  // namespace deepstack
