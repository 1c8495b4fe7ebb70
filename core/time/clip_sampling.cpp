#include "core/time/clip_sampling.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/round_half_even.h"

namespace deepstack {
namespace {

// Frame numbers stay exact in a double.
constexpr int64_t kMaxFrameNumber = int64_t{1} << 53;
constexpr int64_t kMaxSamples = 65536;

Status check_fps(const char* what, double fps) {
  if (std::isfinite(fps) && fps > 0) return {};
  return invalid(std::string(what) + " is " + std::to_string(fps) +
                 " frames a second, not above 0");
}

}  // namespace

Result<std::vector<int64_t>> sample_frames(int64_t total_frames, std::optional<double> source_fps,
                                           const ClipSampling& sampling) {
  const double fps = source_fps.value_or(ClipSampling::kUnknownFps);
  if (total_frames < 1 || total_frames > kMaxFrameNumber) {
    return invalid("a clip has " + std::to_string(total_frames) + " frames, 1.." +
                   std::to_string(kMaxFrameNumber) + " are possible");
  }
  if (Status status = check_fps("the source's rate", fps); !status.ok()) return status;
  if (Status status = check_fps("the sampling rate", sampling.fps); !status.ok()) return status;
  if (sampling.min_frames < 1 || sampling.max_frames < 1 || sampling.max_frames > kMaxSamples) {
    return invalid("a clip is sampled to " + std::to_string(sampling.min_frames) + ".." +
                   std::to_string(sampling.max_frames) + " frames, 1.." +
                   std::to_string(kMaxSamples) + " are possible");
  }
  const double wanted = std::trunc(static_cast<double>(total_frames) / fps * sampling.fps);
  // In this order, so that the upper limits win; and as double, which no rate overflows.
  const double count =
      std::min({std::max(wanted, static_cast<double>(sampling.min_frames)),
                static_cast<double>(sampling.max_frames), static_cast<double>(total_frames)});

  std::vector<int64_t> frames(static_cast<size_t>(count));
  const double last = static_cast<double>(total_frames - 1);
  const double step = frames.size() > 1 ? last / (count - 1) : 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    frames[i] = static_cast<int64_t>(round_half_even(static_cast<double>(i) * step));
  }
  // numpy's linspace sets its end instead of computing it.
  if (frames.size() > 1) frames.back() = total_frames - 1;
  return frames;
}

Result<std::vector<double>> pair_times_s(std::span<const int64_t> frames, double source_fps) {
  if (frames.empty()) return invalid("a clip of no frames has no times");
  if (Status status = check_fps("the source's rate", source_fps); !status.ok()) return status;
  std::vector<double> times_s;
  times_s.reserve((frames.size() + 1) / 2);
  for (size_t i = 0; i < frames.size(); i += 2) {
    const double first_s = static_cast<double>(frames[i]) / source_fps;
    const double second_s =
        static_cast<double>(frames[std::min(i + 1, frames.size() - 1)]) / source_fps;
    times_s.push_back((first_s + second_s) / 2);
  }
  return times_s;
}

}  // namespace deepstack
