// FrameCutter: pictures out of videos on demand: a thumbnail of a box, or a whole frame. A few
// videos stay open, as pictures of one video are asked for together. One is cut at a time, so that
// pages never take more than one core; any thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <opencv2/core/mat.hpp>

#include "core/frame/box.h"
#include "core/status.h"
#include "pipelines/serve/video_file.h"

namespace deepstack {

class FrameCutter {
 public:
  static constexpr size_t kMostOpen = 4;
  static constexpr size_t kMostFacts = 4096;
  static constexpr int kThumbnailHeight = 240;
  static constexpr int kMostFrameWidth = 1280;
  static constexpr int kMostSteps = 1000;  // frames decoded to come to one

  FrameCutter();
  ~FrameCutter();

  // JPEG of the box with a margin, kThumbnailHeight high at most. box: in pixels.
  Result<std::string> thumbnail(const std::filesystem::path& video, double pts_s, const Box& box);
  // JPEG of the frame shown at pts_s, kMostFrameWidth wide at most.
  Result<std::string> frame(const std::filesystem::path& video, double pts_s);
  // The frame itself, R first.
  Result<cv::Mat> picture(const std::filesystem::path& video, double pts_s);
  struct Facts {
    std::string codec;  // FourCC as the file says it: "avc1", "hevc", "XVID"...
    int width = 0;
    int height = 0;
  };
  // kCorrupt: it is no video that can be decoded, and not to be served as one.
  Result<Facts> facts(const std::filesystem::path& video);

 private:
  struct OpenVideo;
  Result<OpenVideo*> open(const std::filesystem::path& video);
  Result<cv::Mat> frame_at(const std::filesystem::path& video, double pts_s);

  std::mutex mutex_;
  std::list<std::unique_ptr<OpenVideo>> open_;  // the latest first
  std::map<std::string, Facts> facts_;          // by VideoFile::identity(); kMostFacts at most
};

}  // namespace deepstack
