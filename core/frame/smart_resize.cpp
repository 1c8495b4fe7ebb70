#include "core/frame/smart_resize.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/round_half_even.h"

namespace deepstack {
namespace {

// With these, every product below is exact in a double (at most 2^48) and every side fits an int.
constexpr int kMaxSide = 65536;
constexpr int64_t kMaxFrames = 65536;
constexpr int64_t kMaxBudget = int64_t{1} << 40;
constexpr int kMaxFactor = 4096;
constexpr int kMaxAspect = 200;  // of both processors

std::string shown(PictureSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

Status check(PictureSize size, const PixelBudget& budget) {
  for (const int side : {size.height, size.width}) {
    if (side < 1 || side > kMaxSide) {
      return invalid("a picture of " + shown(size) + " has a side outside 1.." +
                     std::to_string(kMaxSide));
    }
  }
  if (budget.factor < 1 || budget.factor > kMaxFactor) {
    return invalid("the factor of a picture's sides is " + std::to_string(budget.factor) +
                   ", not within 1.." + std::to_string(kMaxFactor));
  }
  if (budget.min_pixels < 0 || budget.max_pixels < std::max<int64_t>(1, budget.min_pixels) ||
      budget.max_pixels > kMaxBudget) {
    return invalid("a budget of " + std::to_string(budget.min_pixels) + " to " +
                   std::to_string(budget.max_pixels) + " pixels is not within 0.." +
                   std::to_string(kMaxBudget));
  }
  return {};
}

Status check_aspect(double height, double width, PictureSize size) {
  if (std::max(height, width) <= kMaxAspect * std::min(height, width)) return {};
  return invalid("one side of a picture of " + shown(size) + " is more than " +
                 std::to_string(kMaxAspect) + " times the other");
}

// Whole multiples of factor that keep the aspect of height x width and have, times counted frames,
// a number of pixels within the budget. frames: what the scale is computed from, which the
// processors do not round as they do counted.
PictureSize fit(double height, double width, double frames, double counted,
                const PixelBudget& budget) {
  const double factor = budget.factor;
  const auto most = static_cast<double>(budget.max_pixels);
  const auto least = static_cast<double>(budget.min_pixels);
  double rows = round_half_even(height / factor) * factor;
  double columns = round_half_even(width / factor) * factor;
  const double pixels = counted * rows * columns;
  if (pixels > most) {
    const double shrink = std::sqrt(frames * height * width / most);
    rows = std::max(factor, std::floor(height / shrink / factor) * factor);
    columns = std::max(factor, std::floor(width / shrink / factor) * factor);
  } else if (pixels < least) {
    const double grow = std::sqrt(least / (frames * height * width));
    rows = std::ceil(height * grow / factor) * factor;
    columns = std::ceil(width * grow / factor) * factor;
  }
  return {static_cast<int>(rows), static_cast<int>(columns)};
}

}  // namespace

Result<PictureSize> smart_resize(PictureSize size, const PixelBudget& budget) {
  if (Status status = check(size, budget); !status.ok()) return status;
  if (Status status = check_aspect(size.height, size.width, size); !status.ok()) return status;
  return fit(size.height, size.width, 1, 1, budget);
}

Result<PictureSize> smart_resize_clip(int64_t frames, PictureSize size, const PixelBudget& budget) {
  constexpr double kTemporalFactor = 2;
  if (frames < 2 || frames > kMaxFrames) {
    return invalid("a clip has " + std::to_string(frames) + " frames, 2.." +
                   std::to_string(kMaxFrames) + " are possible");
  }
  if (Status status = check(size, budget); !status.ok()) return status;
  double height = size.height;
  double width = size.width;
  if (size.height < budget.factor || size.width < budget.factor) {
    const double scale = std::max(budget.factor / height, budget.factor / width);
    height = std::trunc(height * scale);
    width = std::trunc(width * scale);
  }
  if (Status status = check_aspect(height, width, size); !status.ok()) return status;
  const auto count = static_cast<double>(frames);
  const double counted = round_half_even(count / kTemporalFactor) * kTemporalFactor;
  return fit(height, width, count, counted, budget);
}

PixelBudget cap_per_frame(const PixelBudget& budget, int64_t frames) {
  constexpr int64_t kMaxTokens = 768;  // of one frame (max_video_tokens)
  const int64_t cap = kMaxTokens * budget.factor * budget.factor;
  const auto least = static_cast<int64_t>(static_cast<double>(budget.min_pixels) * 1.05);
  PixelBudget capped = budget;
  capped.max_pixels = frames * std::max(std::min(cap, budget.max_pixels / frames), least);
  return capped;
}

}  // namespace deepstack
