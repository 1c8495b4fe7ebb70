// Which frames of a clip Qwen3-VL looks at, and the times it is told: transformers' video
// processor, number for number. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/status.h"

namespace deepstack {

struct ClipSampling {
  static constexpr double kUnknownFps = 24;  // what a source that does not say is taken to have

  double fps = 2;
  int64_t min_frames = 4;
  int64_t max_frames = 768;
};

// Numbers of the frames to look at, rising from 0 to total_frames - 1, evenly spread; all of them
// when the clip is shorter than min_frames. kInvalid: an empty clip, a rate that is none.
Result<std::vector<int64_t>> sample_frames(int64_t total_frames, std::optional<double> source_fps,
                                           const ClipSampling& sampling = {});

// The time of each temporal patch in seconds: the mean of its two frames' times in the source; the
// last frame is paired with itself when their number is odd. kInvalid: no frame, a rate that is
// none.
Result<std::vector<double>> pair_times_s(std::span<const int64_t> frames, double source_fps);

}  // namespace deepstack
