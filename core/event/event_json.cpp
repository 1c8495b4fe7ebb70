#include "core/event/event_json.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace deepstack {
namespace {

using nlohmann::json;

// Scores and normalised coordinates: four decimals say all there is.
double rounded(double value) { return std::isfinite(value) ? std::round(value * 1e4) / 1e4 : 0; }

// A probability or confidence, whatever scale its detector thinks in: 0..1.
double share(double value) { return std::clamp(rounded(value), 0.0, 1.0); }

json identity_json(const IdentityEvidence& identity) {
  json levels = json::array();
  for (const float level : identity.levels) levels.push_back(rounded(level));
  json result{
      {"id", identity.uuid},
      {"state", identity.state == IdentityState::kConfirmed ? "confirmed" : "tentative"},
      {"score", share(identity.score)},
      {"margin", rounded(identity.margin)},
      {"gap_s", rounded(identity.gap_s)},
      {"levels", std::move(levels)},
  };
  if (!identity.runner_up.empty()) result["runner_up"] = identity.runner_up;
  return result;
}

json object_json(const ObservedObject& object, const EventFrame& frame) {
  const Detection& detection = object.detection;
  const Box box =
      clip(detection.box, static_cast<float>(frame.width), static_cast<float>(frame.height));
  const int x = static_cast<int>(std::lround(box.x));
  const int y = static_cast<int>(std::lround(box.y));
  const double width = std::max(1, frame.width);
  const double height = std::max(1, frame.height);
  json result{
      {"x", x},
      {"y", y},
      {"w", static_cast<int>(std::lround(box.right())) - x},
      {"h", static_cast<int>(std::lround(box.bottom())) - y},
      {"region_id", object.region_id},
      {"id", object.track_id},
      {"roi_type", detection.label},
      {"detection",
       {{"bounding_box",
         {{"x_min", rounded(box.x / width)},
          {"y_min", rounded(box.y / height)},
          {"x_max", rounded(box.right() / width)},
          {"y_max", rounded(box.bottom() / height)}}},
        {"confidence", share(detection.score)},
        {"label", detection.label}}},
  };
  if (detection.label_id >= 0) result["detection"]["label_id"] = detection.label_id;
  if (object.identity) result["identity"] = identity_json(*object.identity);
  return result;
}

json camera_json(const CameraReport& camera) {
  json result{{"state", camera.state},
              {"uri", camera.uri},
              {"away_ms", camera.away_ms},
              {"reconnects", camera.reconnects}};
  if (!camera.reason.empty()) result["reason"] = camera.reason;
  return result;
}

void add_details(const Event& event, json& result) {
  switch (event.kind) {
    case EventKind::kRename:
      result["rename"] = {{"id", event.track_id}, {"from", event.from_uuid}, {"to", event.to_uuid}};
      return;
    case EventKind::kMerge:
      result["merge"] = {{"from", {event.from_uuid}}, {"to", event.to_uuid}};
      return;
    case EventKind::kStreamGap:
      if (event.gap_s >= 0) result["gap_s"] = rounded(event.gap_s);
      return;
    case EventKind::kStreamChanged:
      result["video"] = {{"format", event.video.pixel_format},
                         {"width", event.video.width},
                         {"height", event.video.height},
                         {"framerate", std::to_string(event.video.rate_numerator) + "/" +
                                           std::to_string(event.video.rate_denominator)}};
      return;
    case EventKind::kCameraLost:
    case EventKind::kCameraBack:
      result["camera"] = camera_json(event.camera);
      return;
    case EventKind::kStats:
      for (const auto& [name, value] : event.counters) result["stats"][name] = value;
      return;
    default:
      result["objects"] = json::array();
      for (const ObservedObject& object : event.objects) {
        result["objects"].push_back(object_json(object, event.frame));
      }
  }
}

json time_json(const EventFrame& frame, bool live) {
  json time{
      {"source", live ? "arrival" : "file"},
      {"running_time", frame.time.ns},
      {"timeline", frame.time.timeline},
      {"age_ms", rounded(frame.age_ms)},
  };
  if (frame.pts_ns >= 0) time["pts"] = frame.pts_ns;
  if (frame.utc.known()) {
    time["source"] = utc_source_name(frame.utc.source);
    time["utc"] = to_rfc3339(frame.utc.unix_ns);
    time["utc_error_ms"] = rounded(static_cast<double>(frame.utc.error_ns) / 1e6);
    time["utc_uncertain"] = frame.utc.uncertain;
  }
  return time;
}

}  // namespace

const char* event_name(EventKind kind) {
  switch (kind) {
    case EventKind::kNew:
      return "new";
    case EventKind::kUpdate:
      return "update";
    case EventKind::kEnd:
      return "end";
    case EventKind::kRename:
      return "rename";
    case EventKind::kMerge:
      return "merge";
    case EventKind::kStreamGap:
      return "stream_gap";
    case EventKind::kStreamChanged:
      return "stream.changed";
    case EventKind::kStats:
      return "stats";
    case EventKind::kCameraLost:
      return "camera.lost";
    case EventKind::kCameraBack:
      return "camera.back";
  }
  return "update";
}

std::string to_json(const Event& event, const EventSource& source) {
  json result{
      {"schema", "deepstack-1"},
      {"event", event_name(event.kind)},
      {"resolution", {{"width", event.frame.width}, {"height", event.frame.height}}},
      {"timestamp", event.frame.time.ns},
      {"time", time_json(event.frame, source.live)},
  };
  if (!source.name.empty()) result["source"] = source.name;
  if (!source.model.empty()) result["model"]["name"] = source.model;
  if (!source.model_sha256.empty()) result["model"]["sha256"] = source.model_sha256;
  add_details(event, result);
  return result.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace deepstack
