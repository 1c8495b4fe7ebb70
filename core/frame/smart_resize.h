// smart_resize: the size at which Qwen3-VL looks at a picture or a clip: sides in multiples of a
// factor, near the aspect of the original, and a number of pixels within a budget. The sizes are
// those of transformers' image and video processors, to the pixel. Any thread.
#pragma once

#include <cstdint>

#include "core/status.h"

namespace deepstack {

struct PictureSize {
  int height = 0;
  int width = 0;
  bool operator==(const PictureSize&) const = default;
};

// The defaults are those of Qwen3-VL's pictures; clips have 4096 and 25165824 for all frames
// together.
struct PixelBudget {
  int factor = 32;  // patch size x merge, pixels
  int64_t min_pixels = 65536;
  int64_t max_pixels = 16777216;
};

// kInvalid: a side outside 1..65536, one side more than 200 times the other, or a budget that is
// none.
Result<PictureSize> smart_resize(PictureSize size, const PixelBudget& budget);

// The same for each frame of a clip of 2..65536 frames; the budget is for all of them together.
Result<PictureSize> smart_resize_clip(int64_t frames, PictureSize size, const PixelBudget& budget);

// The budget of a clip whose frames may have no more tokens each than qwen-vl-utils gives them: the
// video processor's cap_pixels_per_frame. REQUIRES: frames >= 1, a budget that smart_resize
// accepts.
PixelBudget cap_per_frame(const PixelBudget& budget, int64_t frames);

}  // namespace deepstack
