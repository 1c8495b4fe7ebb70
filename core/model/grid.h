// Grid: how one picture or clip is cut into patches.
#pragma once

#include <cstdint>

namespace deepstack {

struct Grid {
  int64_t frames = 1;  // temporal patches; 1 for a picture
  int64_t rows = 0;    // patches down
  int64_t columns = 0;

  int64_t tokens() const { return frames * rows * columns; }
  bool operator==(const Grid&) const = default;
};

}  // namespace deepstack
