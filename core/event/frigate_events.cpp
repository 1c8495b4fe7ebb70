#include "core/event/frigate_events.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace deepstack {
namespace {

// Frigate's own rules for when there is something to tell.
constexpr double kBetterScore = 1.05;
constexpr double kBetterArea = 1.1;
constexpr int64_t kToldAtLeastEveryNs = 60 * kNanosPerSecond;
// Frigate: ten seconds of frames without motion.
constexpr int64_t kAtRestAfterNs = 10 * kNanosPerSecond;
constexpr float kSamePlace = 0.6F;  // overlap of an object that has not moved with where it was

double unix_s(const EventFrame& frame) {
  return static_cast<double>(unix_ns_or_stream_ns(frame)) / 1e9;
}

double area(const PixelBox& box) {
  return static_cast<double>(box.width) * static_cast<double>(box.height);
}

// As Frigate's: when it began and six characters, here the same in every run over the same events.
std::string object_id(double start_time_s, const std::string& run, int64_t track_id) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id;
  std::string unused;
  JsonWriter(unused).append_number(id, start_time_s, 6);
  id += '-';
  uint64_t hash = 1469598103934665603U;  // FNV-1a
  for (const char byte : run + std::to_string(track_id)) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  }
  for (int digit = 0; digit < 6; ++digit, hash /= kDigits.size()) {
    id += kDigits[hash % kDigits.size()];
  }
  return id;
}

void write_empty(JsonWriter& json, const char* name, bool object) {
  json.key(name);
  json.raw(object ? "{}" : "[]");
}

void write_box(JsonWriter& json, const char* name, const PixelBox& box) {
  json.key(name);
  json.begin_array();
  for (const int edge : {box.x, box.y, box.right(), box.bottom()}) json.value(edge);
  json.end_array();
}

}  // namespace

// What all that is told of one event has in common.
struct FrigateEvents::Message {
  const Event& event;
  const EventSource& source;
  std::vector<EventText>& lines;
  const char* type = "update";
  const Object* object = nullptr;
  bool expendable = false;

  Message of(const char* new_type, const Object& new_object, bool is_expendable = false) const {
    return {event, source, lines, new_type, &new_object, is_expendable};
  }
};

void FrigateEvents::write_side(JsonWriter& json, const Message& message, const Side& side,
                               bool after) {
  const Object& object = *message.object;
  const EventFrame& frame = message.event.frame;
  const bool ended = after && message.type == std::string_view("end");
  const PixelBox& box = side.now.box;
  const PixelBox whole{0, 0, frame.width, frame.height};
  json.begin_object();
  json.member("active", !side.stationary);
  json.member("area", static_cast<int64_t>(area(box)));
  write_empty(json, "attributes", true);
  json.number_member("average_estimated_speed", 0);
  write_box(json, "box", box);
  json.member("camera", message.source.name);
  write_empty(json, "current_attributes", false);
  json.number_member("current_estimated_speed", 0);
  write_empty(json, "current_zones", false);
  if (ended) {
    json.number_member("end_time", unix_s(frame), 6);
  } else {
    json.member("end_time", nullptr);
  }
  write_empty(json, "entered_zones", false);
  json.member("false_positive", side.false_positive);
  json.number_member("frame_time", side.now.time_s, 6);
  json.member("has_clip", false);
  json.member("has_snapshot", false);
  json.member("id", object.id);
  json.member("label", object.label);
  json.member("motionless_count", side.motionless_count);
  json.member("position_changes", side.position_changes);
  json.number_member("ratio", box.height > 0 ? double{1} * box.width / box.height : 0, 2);
  write_box(json, "region", whole);
  json.number_member("score", side.now.score);
  json.key("snapshot");
  json.begin_object();
  json.member("area", static_cast<int64_t>(area(side.best.box)));
  write_empty(json, "attributes", false);
  write_box(json, "box", side.best.box);
  json.number_member("frame_time", side.best.time_s, 6);
  write_box(json, "region", whole);
  json.number_member("score", side.best.score);
  json.end_object();
  json.number_member("start_time", object.start_time_s, 6);
  json.member("stationary", side.stationary);
  json.key("sub_label");
  if (side.sub_label.empty()) {
    json.value(nullptr);
  } else {
    json.begin_array();
    json.value(side.sub_label);
    json.number(side.sub_label_score);
    json.end_array();
  }
  json.member("thumbnail", nullptr);
  json.number_member("top_score", side.top_score);
  json.number_member("velocity_angle", 0);
  json.end_object();
}

void FrigateEvents::tell(const Message& message) {
  EventText line{.json = {}, .expendable = message.expendable};
  line.json.reserve(2048);
  JsonWriter json(line.json);
  json.begin_object();
  json.key("after");
  write_side(json, message, message.object->now, true);
  json.key("before");
  write_side(json, message, message.object->told, false);
  json.member("type", message.type);
  json.end_object();
  message.lines.push_back(std::move(line));
  count(json);
}

void FrigateEvents::tell_identity(const Message& message) {
  const Side& side = message.object->now;
  EventText line;
  JsonWriter json(line.json);
  json.begin_object();
  json.member("camera", message.source.name);
  json.member("id", message.object->id);
  json.member("model", message.source.model);
  json.number_member("score", side.sub_label_score);
  json.member("sub_label", side.sub_label);
  json.number_member("timestamp", unix_s(message.event.frame), 6);
  json.member("type", "classification");
  json.end_object();
  message.lines.push_back(std::move(line));
  count(json);
}

void FrigateEvents::see(Object& object, const ObservedObject& seen, const EventFrame& frame) {
  Side& side = object.now;
  side.now = {unix_s(frame), pixel_box(seen.detection, frame), share(seen.detection.score)};
  side.top_score = std::max(side.top_score, side.now.score);
  if (side.now.score > side.best.score * kBetterScore ||
      area(side.now.box) > area(side.best.box) * kBetterArea) {
    side.best = side.now;
  }
  if (iou(seen.detection.box, object.rest) < kSamePlace) {
    if (side.stationary) ++side.position_changes;
    object.rest = seen.detection.box;
    object.rest_ns = frame.time.ns;
    side.motionless_count = 0;
  } else {
    ++side.motionless_count;
  }
  side.stationary = frame.time.ns - object.rest_ns >= kAtRestAfterNs;
  if (!seen.identity) return;
  side.sub_label = seen.identity->uuid;
  side.sub_label_score = share(seen.identity->score);
}

bool FrigateEvents::is_news(const Object& object, const EventFrame& frame) {
  return object.now.sub_label != object.told.sub_label ||
         object.now.stationary != object.told.stationary ||
         object.now.best.time_s != object.told.best.time_s ||
         frame.time.ns - object.told_ns >= kToldAtLeastEveryNs;
}

void FrigateEvents::begin(Objects& objects, const ObservedObject& seen, const Message& message) {
  if (objects.size() >= kMostTracks) end(objects, objects.begin()->first, message);
  const EventFrame& frame = message.event.frame;
  Object& object = objects[seen.track_id];
  object.start_time_s = unix_s(frame);
  object.id = object_id(object.start_time_s, message.source.run, seen.track_id);
  object.label = seen.detection.label;
  object.rest = seen.detection.box;
  object.rest_ns = frame.time.ns;
  see(object, seen, frame);
  object.told = object.now;
  object.told.sub_label.clear();
  object.told.false_positive = true;
  tell(message.of("new", object));
  if (!object.now.sub_label.empty()) tell_identity(message.of("new", object));
  object.told = object.now;
  object.told_ns = frame.time.ns;
}

void FrigateEvents::update(Objects& objects, const ObservedObject& seen, const Message& message) {
  const auto found = objects.find(seen.track_id);
  if (found == objects.end()) {
    begin(objects, seen, message);
    return;
  }
  Object& object = found->second;
  see(object, seen, message.event.frame);
  if (!is_news(object, message.event.frame)) return;
  const bool who = object.now.sub_label != object.told.sub_label;
  tell(message.of("update", object, !who));
  if (who) tell_identity(message.of("update", object));
  object.told = object.now;
  object.told_ns = message.event.frame.time.ns;
}

void FrigateEvents::end(Objects& objects, int64_t track_id, const Message& message) {
  const auto found = objects.find(track_id);
  if (found == objects.end()) return;
  tell(message.of("end", found->second));
  objects.erase(found);
}

void FrigateEvents::correct(Objects& objects, const Event& event, const Message& message) {
  for (auto& [track_id, object] : objects) {
    const bool meant = event.kind == EventKind::kRename ? track_id == event.track_id
                                                        : object.now.sub_label == event.from_uuid;
    if (!meant || object.now.sub_label == event.to_uuid) continue;
    object.now.sub_label = event.to_uuid;
    object.now.sub_label_score = share(event.score);
    tell(message.of("update", object));
    tell_identity(message.of("update", object));
    object.told = object.now;
    object.told_ns = event.frame.time.ns;
  }
}

void FrigateEvents::write(const Event& event, const EventSource& source,
                          std::vector<EventText>& lines) {
  Objects objects = tracks_;  // kept when all is written
  const Message message{event, source, lines};
  switch (event.kind) {
    case EventKind::kNew:
    case EventKind::kUpdate:
      for (const ObservedObject& seen : event.objects) update(objects, seen, message);
      break;
    case EventKind::kEnd:
      for (const ObservedObject& seen : event.objects) end(objects, seen.track_id, message);
      break;
    case EventKind::kRename:
    case EventKind::kMerge:
      correct(objects, event, message);
      break;
    default:
      return;
  }
  tracks_.swap(objects);
}

}  // namespace deepstack
