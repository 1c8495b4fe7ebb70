// What people write on the command line of `deepstack search`: boxes, times in a video, times of
// day. Errors are kInvalid and name the option, the value and what is allowed.
#pragma once

#include <cstdint>
#include <string>

#include <opencv2/core/types.hpp>

#include "core/frame/box.h"
#include "core/status.h"

namespace deepstack {

// "x,y,width,height" in pixels.
Result<Box> parse_box(const std::string& text);

// The box must lie in the frame and be 4 pixels each way at least.
Status check_box(const Box& box, cv::Size frame);

// Seconds from the start of a video, "83.5", or "1:23.5", "0:01:23.5"; in nanoseconds.
Result<int64_t> parse_video_time(const std::string& text);

// "2026-01-31", "2026-01-31T14:22", "2026-01-31T14:22:33.5Z", "...+01:00", without a zone UTC; or
// UNIX seconds. In UNIX seconds.
Result<double> parse_utc(const std::string& option, const std::string& text);

}  // namespace deepstack
