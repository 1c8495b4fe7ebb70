// Pictures and single frames of videos, by the name of a file that may be anything. Errors name the
// file and what is wrong with it.
#pragma once

#include <cstdint>
#include <filesystem>

#include <opencv2/core/mat.hpp>

#include "core/status.h"

namespace deepstack {

// [height, width] CV_8UC3, R first, of a picture in a regular file of at most 64 MiB and 2^26
// pixels. kNotFound or kCorrupt.
Result<cv::Mat> read_picture(const std::filesystem::path& path);

// The frame of a video that is shown at this time, R first. kNotFound: the video is gone; kCorrupt:
// it cannot be decoded; kInvalid: it is over by then.
Result<cv::Mat> read_frame_at(const std::filesystem::path& path, int64_t time_ns);

}  // namespace deepstack
