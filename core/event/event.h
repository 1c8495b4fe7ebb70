// Event: what the analysis says about a stream, before it is written as JSON (event_json.h).
//
// Three ids are kept apart: region_id numbers boxes within a run's frames, track_id is one track of
// this stream and run, identity.uuid is the same person or thing wherever and whenever it is seen.
// What was said is never rewritten: rename and merge correct it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/frame/detection.h"
#include "core/frame/video_format.h"
#include "core/time/media_time.h"
#include "core/time/utc_time.h"

namespace deepstack {

enum class EventKind {
  kNew, kUpdate, kEnd, kRename, kMerge, kStreamGap, kStreamChanged, kStats, kCameraLost, kCameraBack
};
enum class IdentityState { kTentative, kConfirmed };

// Why a track is taken to be an identity.
struct IdentityEvidence {
  std::string uuid;
  int64_t number = 0;       // the identity's number in this run, for formats that want integers
  IdentityState state = IdentityState::kTentative;
  float score = 0;          // probability that it is the same; 1 for an identity that began here
  float margin = 0;         // to the runner-up's probability
  std::string runner_up;    // uuid, "" when there is none
  double gap_s = 0;         // since the identity was last seen before this track
  std::vector<float> levels;  // similarity on each level, shallow first
};

// What an object looks like to the model, as a vector of length 1.
struct Embedding {
  std::string level;           // "fused", or the number of the level, "0" is the shallowest
  std::vector<uint16_t> half;  // its values as 16-bit floats
};

struct ObservedObject {
  Detection detection;
  uint64_t region_id = 0;
  int64_t track_id = 0;
  bool confirmed = true;  // tentative tracks are in no event, but in the result of the frame
  std::optional<IdentityEvidence> identity{};
  std::shared_ptr<const std::vector<Embedding>> embeddings{};  // null: not asked for, or not looked at
};

// What a camera's source says of it; see docs/events.md.
struct CameraReport {
  bool back = false;   // else lost
  std::string state;
  std::string reason;  // "" when there is none
  std::string uri;     // without credentials
  uint64_t away_ms = 0;
  uint64_t reconnects = 0;
};

// Where and when the event is.
struct EventFrame {
  int64_t number = 0;  // in the stream, from 1; 0 when it is about no frame
  int width = 0;
  int height = 0;
  MediaTime time;
  UtcTime utc = {};
  int64_t pts_ns = -1;
  double age_ms = 0;  // from the frame's arrival to this event; wall-clock
};

struct Event {
  EventKind kind = EventKind::kUpdate;
  uint64_t number = 0;  // in its stream and run, from 1
  EventFrame frame;
  std::vector<ObservedObject> objects;  // new, update, end

  int64_t track_id = 0;     // rename: the track whose identity changes
  std::string from_uuid;    // rename, merge
  std::string to_uuid;      // rename, merge
  float score = 0;          // rename, merge: probability that it is to_uuid
  double gap_s = 0;         // stream_gap: length, negative when unknown
  VideoFormat video;        // stream.changed: what it is from this frame on
  std::vector<std::pair<std::string, uint64_t>> counters;  // stats
  CameraReport camera;      // camera.lost, camera.back
};

}  // namespace deepstack
