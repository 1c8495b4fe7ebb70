// The size of a JPEG as its header says it, before a decoder is let at it: eight megabytes of
// strangers can say that they are gigabytes of pixels. Any thread.
#pragma once

#include <string_view>

#include "core/status.h"

namespace deepstack {

struct PictureSize {
  int width = 0;
  int height = 0;
};

// kCorrupt: no JPEG, or one that says no size.
Result<PictureSize> jpeg_size(std::string_view bytes);

}  // namespace deepstack
