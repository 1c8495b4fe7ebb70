#include "core/event/dlstreamer_events.h"

#include <utility>

#include "core/event/frame_object_json.h"

namespace deepstack {
namespace {

void write_identity(JsonWriter& json, const IdentityEvidence& identity, const std::string& model) {
  json.key("identity");
  json.begin_object();
  json.number_member("confidence", share(identity.score));
  json.member("label", identity.uuid);
  json.member("label_id", identity.number);
  if (!model.empty()) {
    json.key("model");
    json.begin_object();
    json.member("name", model);
    json.end_object();
  }
  json.end_object();
}

void write_object(JsonWriter& json, const ObservedObject& object, const EventFrame& frame,
                  const std::string& model) {
  const PixelBox box = pixel_box(object.detection, frame);
  json.begin_object();
  write_detection(json, object.detection, frame);
  json.member("h", box.height);
  json.member("id", object.track_id);
  if (object.identity) write_identity(json, *object.identity, model);
  json.member("region_id", object.region_id);
  json.member("roi_type", object.detection.label);
  json.member("w", box.width);
  json.member("x", box.x);
  json.member("y", box.y);
  json.end_object();
}

}  // namespace

void DlStreamerEvents::write(const Event& event, const EventSource& source,
                             std::vector<EventText>& lines) {
  if (event.kind != EventKind::kUpdate) return;
  EventText line{.json = {}, .expendable = true};
  line.json.reserve(512 * (1 + event.objects.size()));
  JsonWriter json(line.json);
  json.begin_object();
  json.key("objects");
  json.begin_array();
  for (const ObservedObject& object : event.objects) {
    write_object(json, object, event.frame, source.model);
  }
  json.end_array();
  write_resolution(json, event.frame);
  if (event.frame.utc.source == UtcSource::kNtp) {
    json.key("rtp");
    json.begin_object();
    json.member("sender_ntp_unix_timestamp_ns", event.frame.utc.unix_ns);
    json.end_object();
  }
  if (!source.name.empty()) json.member("source", source.name);
  if (!source.tags.empty()) {
    json.key("tags");
    json.raw(source.tags);
  }
  json.member("timestamp", event.frame.time.ns);
  json.end_object();
  lines.push_back(std::move(line));
  count(json);
}

}  // namespace deepstack
