// Timestamps file: when each frame of a video was, where the video itself does not say.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/status.h"

namespace deepstack {

// CSV whose header names the columns `frame` (1, 2, ... in order) and `pts_ns` (rising). Returns the
// times in ns; the error names the file, the line and what is wrong.
Result<std::vector<int64_t>> read_timestamps(const std::filesystem::path& path);

}  // namespace deepstack
