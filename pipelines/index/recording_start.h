// When a recording begins: what the user says, else what its container says (creation_time), else
// what its name says, else when the file was last written, less how long it is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/status.h"

namespace deepstack {

struct RecordingStart {
  int64_t unix_ns = 0;
  std::string source;  // option, metadata, name, modified
};

// Date and time as recorders write them into file names, wherever in it: 20260131_142233,
// 20260131142233, 2026-01-31T14-22-33Z, 2026-01-31 14.22.33. With Z it is UTC, without it is this
// machine's local time (TZ).
std::optional<int64_t> start_in_name(const std::string& name);

// As RFC 3339, "2026-01-31T14:22:33Z", with or without fractions and an offset; or UNIX seconds.
Result<int64_t> parse_start(const std::string& text);

// Of a file that can be opened as a video.
Result<RecordingStart> recording_start(const std::filesystem::path& path, double duration_s);

}  // namespace deepstack
