#include "core/event/onvif_events.h"

#include <array>
#include <string_view>
#include <utility>

#include "core/event/frame_object_json.h"

namespace deepstack {
namespace {

// tt:ObjectType has few words; a label that is none of them stands as it is.
std::string_view object_type(std::string_view label) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTypes{{
      {"bicycle", "Bicycle"},
      {"bird", "Animal"},
      {"bus", "Vehicle"},
      {"car", "Vehicle"},
      {"cat", "Animal"},
      {"cow", "Animal"},
      {"dog", "Animal"},
      {"face", "HumanFace"},
      {"horse", "Animal"},
      {"license_plate", "LicensePlate"},
      {"motorcycle", "Vehicle"},
      {"pedestrian", "Human"},
      {"person", "Human"},
      {"sheep", "Animal"},
      {"truck", "Vehicle"},
      {"vehicle", "Vehicle"},
  }};
  for (const auto& [ours, onvif] : kTypes) {
    if (label == ours) return onvif;
  }
  return label;
}

void write_point(JsonWriter& json, const char* name, double x, double y, int decimals) {
  json.key(name);
  json.begin_object();
  json.number_member("@x", x, decimals);
  json.number_member("@y", y, decimals);
  json.end_object();
}

// Boxes are in pixels from the upper left corner, ONVIF's scene is -1..1 with y upward.
void write_transformation(JsonWriter& json, const EventFrame& frame) {
  if (frame.width <= 0 || frame.height <= 0) return;
  json.key("Transformation");
  json.begin_object();
  write_point(json, "Scale", 2.0 / frame.width, -2.0 / frame.height, 8);
  write_point(json, "Translate", -1, 1, 4);
  json.end_object();
}

void write_object(JsonWriter& json, const ObservedObject& object, const EventFrame& frame) {
  const Box box =
      clip(object.detection.box, static_cast<float>(frame.width), static_cast<float>(frame.height));
  json.begin_object();
  json.member("@ObjectId", object.track_id);
  if (object.identity) json.member("@UUID", object.identity->uuid);
  json.key("Appearance");
  json.begin_object();
  json.key("Class");
  json.begin_object();
  json.key("Type");
  json.begin_array();
  json.begin_object();
  json.member("#text", object_type(object.detection.label));
  json.number_member("@Likelihood", share(object.detection.score));
  json.end_object();
  json.end_array();
  json.end_object();
  json.key("Shape");
  json.begin_object();
  json.key("BoundingBox");
  json.begin_object();
  json.number_member("@bottom", box.bottom(), 3);
  json.number_member("@left", box.x, 3);
  json.number_member("@right", box.right(), 3);
  json.number_member("@top", box.y, 3);
  json.end_object();
  write_point(json, "CenterOfGravity", (box.x + box.right()) / 2, (box.y + box.bottom()) / 2, 3);
  json.end_object();
  json.end_object();
  json.end_object();
}

// tt:ObjectId: the track where there is one, and the identity.
void write_object_id(JsonWriter& json, int64_t track_id, const std::string& uuid) {
  json.begin_object();
  if (track_id > 0) json.member("@ObjectId", track_id);
  if (!uuid.empty()) json.member("@UUID", uuid);
  json.end_object();
}

void write_rename(JsonWriter& json, const Event& event) {
  json.key("Rename");
  json.begin_array();
  json.begin_object();
  json.key("from");
  write_object_id(json, event.track_id, event.from_uuid);
  json.key("to");
  write_object_id(json, event.track_id, event.to_uuid);
  json.end_object();
  json.end_array();
}

// At least two become one.
void write_merge(JsonWriter& json, const Event& event) {
  json.key("Merge");
  json.begin_array();
  json.begin_object();
  json.key("from");
  json.begin_array();
  write_object_id(json, event.track_id, event.from_uuid);
  write_object_id(json, 0, event.to_uuid);
  json.end_array();
  json.key("to");
  write_object_id(json, 0, event.to_uuid);
  json.end_object();
  json.end_array();
}

void write_delete(JsonWriter& json, const Event& event) {
  json.key("Delete");
  json.begin_array();
  for (const ObservedObject& object : event.objects) {
    write_object_id(json, object.track_id, object.identity ? object.identity->uuid : "");
  }
  json.end_array();
}

void write_object_tree(JsonWriter& json, const Event& event) {
  json.key("ObjectTree");
  json.begin_object();
  if (event.kind == EventKind::kRename) write_rename(json, event);
  if (event.kind == EventKind::kMerge) write_merge(json, event);
  if (event.kind == EventKind::kEnd) write_delete(json, event);
  json.end_object();
}

void write_objects(JsonWriter& json, const Event& event) {
  json.key("Object");
  json.begin_array();
  for (const ObservedObject& object : event.objects) write_object(json, object, event.frame);
  json.end_array();
}

bool has_word(EventKind kind) {
  return kind == EventKind::kUpdate || kind == EventKind::kRename || kind == EventKind::kMerge ||
         kind == EventKind::kEnd;
}

}  // namespace

void OnvifEvents::write(const Event& event, const EventSource& source,
                        std::vector<EventText>& lines) {
  if (!has_word(event.kind)) return;
  const bool update = event.kind == EventKind::kUpdate;
  EventText line{.json = {}, .expendable = update};
  line.json.reserve(512 * (1 + event.objects.size()));
  JsonWriter json(line.json);
  json.begin_object();
  json.key("Frame");
  json.begin_array();
  json.begin_object();
  if (!source.name.empty()) json.member("@Source", source.name);
  json.member("@UtcTime", to_rfc3339(unix_ns_or_stream_ns(event.frame)));
  if (update) {
    write_objects(json, event);
  } else {
    write_object_tree(json, event);
  }
  if (update) write_transformation(json, event.frame);
  json.end_object();
  json.end_array();
  json.end_object();
  lines.push_back(std::move(line));
  count(json);
}

}  // namespace deepstack
