// What an archive knows: videos, the tracks in them, and observations of tracks (what one looked
// like at one moment). Plain values. Seconds are UNIX seconds; pts_ns is time in the video.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/frame/box.h"

namespace deepstack {

// kQueued: known, not begun. kRunning: resume_frame says how far. kAnalysed: all of it was seen,
// who is in it is not decided yet. kFailed: error says why.
enum class VideoStatus { kQueued, kRunning, kAnalysed, kDone, kFailed };

const char* to_string(VideoStatus status);

struct ArchiveVideo {
  int64_t id = 0;  // given by the archive
  std::string camera = {};
  std::string path = {};
  std::string content_hash = {};   // SHA-256 of the file
  std::string settings_hash = {};  // of everything else that the result depends on
  int64_t start_ns = 0;            // UTC since 1970, of its first frame
  std::string start_source = {};   // where that is from: option, metadata, name, modified
  double duration_s = 0;
  double fps = 0;
  int width = 0;
  int height = 0;
  int64_t frames = 0;  // 0: not known before its end
  VideoStatus status = VideoStatus::kQueued;
  std::string error = {};
  int64_t resume_frame = 0;  // frames that are dealt with

  double start_s() const { return static_cast<double>(start_ns) / 1e9; }
};

struct ArchiveTrack {
  int64_t id = 0;        // given by the archive
  int64_t video = 0;     // 0: of a live source
  int64_t number = 0;    // in the video, from 1
  int64_t identity = 0;  // its number; 0: not decided
  float score = 0;       // probability of that; 0 without
  std::string label = {};
  double first_seen_s = 0;
  double last_seen_s = 0;
  int64_t first_pts_ns = 0;
  int64_t last_pts_ns = 0;
};

struct ArchiveObservation {
  int64_t id = 0;     // given by the archive
  int64_t track = 0;  // id of its track
  double seconds = 0;
  int64_t pts_ns = 0;
  Box box;                            // pixels of the frame
  float score = 0;                    // the detector's
  float quality = 0;                  // of the view, 0..1
  std::vector<float> gate = {};       // [levels]
  std::vector<uint16_t> levels = {};  // IEEE half [levels, width]: the mean token of each, length 1
  std::vector<uint16_t>
      tokens;  // IEEE half [levels, tokens, width], length 1 each; empty: not kept
  std::vector<uint8_t> crop = {};  // JPEG; empty: not kept
};

// An observation and what belongs to it.
struct Sighting {
  ArchiveObservation observation = {};
  int64_t video = 0;
  int64_t track_number = 0;
  int64_t identity = 0;
  std::string label = {};
  std::string camera = {};
};

// What to read: everything that fits all that is set. Of videos: camera, time, video. Of tracks:
// those seen at any time of the range.
struct ArchiveFilter {
  std::string camera = {};  // "": any
  std::string label = {};   // "": any
  double from_s = -std::numeric_limits<double>::infinity();
  double to_s = std::numeric_limits<double>::infinity();
  int64_t video = 0;            // 0: any
  int64_t track = 0;            // id; 0: any
  int64_t identity = 0;         // 0: any
  bool done_only = false;       // videos that are dealt with to their end
  bool key_views_only = false;  // observations that have tokens
  bool with_tokens = false;     // else observations come without tokens
  bool with_crop = false;       // and without crop
};

struct ArchiveCounts {
  int64_t videos = 0;
  int64_t tracks = 0;
  int64_t observations = 0;
  int64_t identities = 0;
};

}  // namespace deepstack
