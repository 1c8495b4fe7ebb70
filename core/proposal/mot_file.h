// MotFile: a detection file in MOTChallenge form, a line each
//   frame, id, left, top, width, height, score, ...          frames from 1, pixels
// read whole and bounded. Lines from strangers: each number is checked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/frame/detection.h"
#include "core/status.h"

namespace deepstack {

inline constexpr size_t kMaxMotFileBytes = 256 << 20;

// Detections by frame number. The error names the file, the line and the field.
Result<std::map<int64_t, std::vector<Detection>>> read_mot_file(const std::string& path);

}  // namespace deepstack
