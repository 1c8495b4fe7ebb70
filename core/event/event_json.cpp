#include "core/event/event_json.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "core/event/frame_object_json.h"

namespace deepstack {
namespace {

void write_identity(JsonWriter& json, const IdentityEvidence& identity) {
  json.key("identity");
  json.begin_object();
  json.number_member("gap_s", identity.gap_s);
  json.member("id", identity.uuid);
  json.key("levels");
  json.begin_array();
  for (const float level : identity.levels) json.number(level);
  json.end_array();
  json.number_member("margin", identity.margin);
  if (!identity.runner_up.empty()) json.member("runner_up", identity.runner_up);
  json.number_member("score", share(identity.score));
  json.member("state", identity.state == IdentityState::kConfirmed ? "confirmed" : "tentative");
  json.end_object();
}

// Little-endian, as the machines are that this runs on.
std::string base64(const std::vector<uint16_t>& half) {
  const size_t bytes = half.size() * sizeof(uint16_t);
  std::string text((bytes + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(half.data()), static_cast<int>(bytes));
  text.resize(static_cast<size_t>(length));
  return text;
}

void write_embeddings(JsonWriter& json, const std::vector<Embedding>& embeddings,
                      const std::string& model) {
  json.key("embedding");
  json.begin_array();
  for (const Embedding& embedding : embeddings) {
    json.begin_object();
    json.member("b64", base64(embedding.half));
    json.member("dim", embedding.half.size());
    json.member("dtype", "f16");
    json.member("level", embedding.level);
    json.member("model", model);
    json.end_object();
  }
  json.end_array();
}

void write_object(JsonWriter& json, const ObservedObject& object, const EventFrame& frame,
                  const std::string& model) {
  const PixelBox box = pixel_box(object.detection, frame);
  json.begin_object();
  write_detection(json, object.detection, frame);
  if (object.embeddings != nullptr) write_embeddings(json, *object.embeddings, model);
  json.member("h", box.height);
  json.member("id", object.track_id);
  if (object.identity) write_identity(json, *object.identity);
  json.member("region_id", object.region_id);
  json.member("roi_type", object.detection.label);
  json.member("w", box.width);
  json.member("x", box.x);
  json.member("y", box.y);
  json.end_object();
}

bool has_objects(EventKind kind) {
  return kind == EventKind::kNew || kind == EventKind::kUpdate || kind == EventKind::kEnd;
}

void write_objects(JsonWriter& json, const Event& event, const std::string& model) {
  json.key("objects");
  json.begin_array();
  for (const ObservedObject& object : event.objects) {
    write_object(json, object, event.frame, model);
  }
  json.end_array();
}

void write_camera(JsonWriter& json, const CameraReport& camera) {
  json.key("camera");
  json.begin_object();
  json.member("away_ms", camera.away_ms);
  if (!camera.reason.empty()) json.member("reason", camera.reason);
  json.member("reconnects", camera.reconnects);
  json.member("state", camera.state);
  json.member("uri", camera.uri);
  json.end_object();
}

void write_merge(JsonWriter& json, const Event& event) {
  json.key("merge");
  json.begin_object();
  json.key("from");
  json.begin_array();
  json.value(event.from_uuid);
  json.end_array();
  json.member("to", event.to_uuid);
  json.end_object();
}

void write_model(JsonWriter& json, const EventSource& source) {
  if (source.model.empty() && source.model_sha256.empty()) return;
  json.key("model");
  json.begin_object();
  if (!source.model.empty()) json.member("name", source.model);
  if (!source.model_sha256.empty()) json.member("sha256", source.model_sha256);
  json.end_object();
}

void write_rename(JsonWriter& json, const Event& event) {
  json.key("rename");
  json.begin_object();
  json.member("from", event.from_uuid);
  json.member("id", event.track_id);
  json.member("to", event.to_uuid);
  json.end_object();
}

void write_stats(JsonWriter& json, const Event& event) {
  std::vector<const std::pair<std::string, uint64_t>*> sorted;
  for (const auto& counter : event.counters) sorted.push_back(&counter);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  json.key("stats");
  json.begin_object();
  for (const auto* counter : sorted) json.member(counter->first, counter->second);
  json.end_object();
}

void write_time(JsonWriter& json, const EventFrame& frame, bool live) {
  const bool utc = frame.utc.known();
  json.key("time");
  json.begin_object();
  json.number_member("age_ms", frame.age_ms);
  if (frame.pts_ns >= 0) json.member("pts", frame.pts_ns);
  json.member("running_time", frame.time.ns);
  json.member("source", utc ? utc_source_name(frame.utc.source) : live ? "arrival" : "file");
  json.member("timeline", frame.time.timeline);
  if (utc) {
    json.member("utc", to_rfc3339(frame.utc.unix_ns));
    json.number_member("utc_error_ms", static_cast<double>(frame.utc.error_ns) / 1e6);
    json.member("utc_uncertain", frame.utc.uncertain);
  }
  json.end_object();
}

void write_video(JsonWriter& json, const VideoFormat& video) {
  json.key("video");
  json.begin_object();
  json.member("format", video.pixel_format);
  json.member("framerate",
              std::to_string(video.rate_numerator) + "/" + std::to_string(video.rate_denominator));
  json.member("height", video.height);
  json.member("width", video.width);
  json.end_object();
}

void write_event(JsonWriter& json, const Event& event, const EventSource& source) {
  const EventKind kind = event.kind;
  json.begin_object();
  if (kind == EventKind::kCameraLost || kind == EventKind::kCameraBack) {
    write_camera(json, event.camera);
  }
  json.member("event", event_name(kind));
  json.member("event_id", source.run + '-' + std::to_string(event.number));
  if (kind == EventKind::kStreamGap && event.gap_s >= 0) json.number_member("gap_s", event.gap_s);
  if (kind == EventKind::kMerge) write_merge(json, event);
  write_model(json, source);
  if (has_objects(kind)) write_objects(json, event, source.model);
  if (kind == EventKind::kRename) write_rename(json, event);
  write_resolution(json, event.frame);
  json.member("schema", "deepstack-1");
  if (!source.name.empty()) json.member("source", source.name);
  if (kind == EventKind::kStats) write_stats(json, event);
  if (!source.tags.empty()) {
    json.key("tags");
    json.raw(source.tags);
  }
  write_time(json, event.frame, source.live);
  json.member("timestamp", event.frame.time.ns);
  if (kind == EventKind::kStreamChanged) write_video(json, event.video);
  json.end_object();
}

}  // namespace

void NativeEvents::write(const Event& event, const EventSource& source,
                         std::vector<EventText>& lines) {
  EventText line;
  line.json.reserve(512 * (1 + event.objects.size()));
  line.expendable = event.kind == EventKind::kUpdate || event.kind == EventKind::kStats;
  JsonWriter json(line.json);
  write_event(json, event, source);
  lines.push_back(std::move(line));
  count(json);
}

std::string to_json(const Event& event, const EventSource& source) {
  std::string text;
  JsonWriter json(text);
  write_event(json, event, source);
  return text;
}

}  // namespace deepstack
