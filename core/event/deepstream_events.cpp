#include "core/event/deepstream_events.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/event/frame_object_json.h"

namespace deepstack {
namespace {

// Its readers take the attributes of a class by their place, the confidence by being last.
constexpr int kPersonAttributes = 5;   // gender, age, hair, cap, apparel
constexpr int kVehicleAttributes = 6;  // type, make, model, color, license, region

struct ObjectClass {
  std::string name;
  int attributes = 0;
};

ObjectClass object_class(const std::string& label) {
  static constexpr std::array kVehicles{"car", "truck", "bus", "van", "motorcycle", "vehicle"};
  if (label == "person" || label == "pedestrian") return {"Person", kPersonAttributes};
  if (std::find(kVehicles.begin(), kVehicles.end(), label) != kVehicles.end()) {
    return {"Vehicle", kVehicleAttributes};
  }
  ObjectClass other{label, 0};
  // A bar would begin another field.
  std::replace(other.name.begin(), other.name.end(), '|', '_');
  return other;
}

// id|left|top|right|bottom|Class|#|attribute|...|confidence
std::string object_text(const ObservedObject& object, const EventFrame& frame, JsonWriter& json) {
  const Box box =
      clip(object.detection.box, static_cast<float>(frame.width), static_cast<float>(frame.height));
  const ObjectClass kind = object_class(object.detection.label);
  std::string text = std::to_string(object.track_id);
  for (const float edge : {box.x, box.y, box.right(), box.bottom()}) {
    text += '|';
    json.append_number(text, edge, 3);
  }
  text += '|';
  text += kind.name;
  text += "|#|";
  text.append(static_cast<size_t>(kind.attributes), '|');
  json.append_number(text, share(object.detection.score), 6);
  return text;
}

}  // namespace

void DeepStreamEvents::write(const Event& event, const EventSource& source,
                             std::vector<EventText>& lines) {
  if (event.kind != EventKind::kUpdate) return;
  EventText line{.json = {}, .expendable = true};
  JsonWriter json(line.json);
  json.begin_object();
  std::string time = to_rfc3339(unix_ns_or_stream_ns(event.frame));
  time.replace(time.size() - 4, 3, "");  // it has milliseconds
  json.member("@timestamp", time);
  json.member("id", std::to_string(event.frame.number));
  json.key("objects");
  json.begin_array();
  for (const ObservedObject& object : event.objects) {
    json.value(object_text(object, event.frame, json));
  }
  json.end_array();
  json.member("sensorId", source.name);
  json.member("version", "4.0");
  json.end_object();
  lines.push_back(std::move(line));
  count(json);
}

}  // namespace deepstack
