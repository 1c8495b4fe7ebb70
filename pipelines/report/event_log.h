// EventLog: a file of native events (docs/events.schema.json) of one stream, read into plain
// structs. Times are made one rising line: a timeline that starts over continues where the last one
// ended.
//
// The file is a stranger's: lines and file are bounded, numbers checked, names cut to
// kMaxNameBytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/frame/box.h"
#include "core/status.h"

namespace deepstack {

inline constexpr int32_t kNoIdentity = -1;

// One track in one frame.
struct Sighting {
  int64_t time_ns = 0;
  int64_t track_id = 0;
  Box box;  // as shares of the frame's width and height
  float confidence = 0;
  int32_t label = 0;               // index into EventLog::labels
  int32_t identity = kNoIdentity;  // index into EventLog::uuids: what was said then
  bool confirmed = false;
  bool matched = false;  // recognised, not the beginning of a new identity
  float score = 0;
  double gap_s = 0;
};

// A rename (of one track) or a merge (of an identity; track_id 0) that corrects what was said
// before.
struct CorrectionNote {
  size_t sightings_before = 0;  // in EventLog::sightings
  int64_t track_id = 0;
  int32_t from = kNoIdentity;
  int32_t to = kNoIdentity;
};

struct EventLog {
  static constexpr size_t kMaxNameBytes = 256;

  std::string source;
  std::vector<std::string> labels;
  std::vector<std::string> uuids;
  std::vector<Sighting> sightings;  // in order of time
  std::vector<CorrectionNote> corrections;
  size_t renames = 0;
  size_t merges = 0;
  size_t frames = 0;                      // in which something was seen
  int64_t end_ns = 0;                     // of the last event
  std::map<std::string, uint64_t> stats;  // of the last stats event; empty when there is none
};

struct EventLogLimits {
  size_t line_bytes = size_t{1} << 20;
  uint64_t file_bytes = uint64_t{2} << 30;
};

// The error names the file, the line, the value and the limit.
Result<EventLog> read_event_log(const std::filesystem::path& path,
                                const EventLogLimits& limits = {});

}  // namespace deepstack
