#include "core/event/frame_object_json.h"

#include <algorithm>
#include <cmath>

namespace deepstack {
namespace {

Box cut(const Detection& detection, const EventFrame& frame) {
  return clip(detection.box, static_cast<float>(frame.width), static_cast<float>(frame.height));
}

}  // namespace

PixelBox pixel_box(const Detection& detection, const EventFrame& frame) {
  const Box box = cut(detection, frame);
  const int x = static_cast<int>(std::lround(box.x));
  const int y = static_cast<int>(std::lround(box.y));
  return {x, y, static_cast<int>(std::lround(box.right())) - x,
          static_cast<int>(std::lround(box.bottom())) - y};
}

void write_detection(JsonWriter& json, const Detection& detection, const EventFrame& frame) {
  const Box box = cut(detection, frame);
  const double width = std::max(1, frame.width);
  const double height = std::max(1, frame.height);
  json.key("detection");
  json.begin_object();
  json.key("bounding_box");
  json.begin_object();
  json.number_member("x_max", box.right() / width);
  json.number_member("x_min", box.x / width);
  json.number_member("y_max", box.bottom() / height);
  json.number_member("y_min", box.y / height);
  json.end_object();
  json.number_member("confidence", share(detection.score));
  json.member("label", detection.label);
  if (detection.label_id >= 0) json.member("label_id", detection.label_id);
  json.end_object();
}

void write_resolution(JsonWriter& json, const EventFrame& frame) {
  json.key("resolution");
  json.begin_object();
  json.member("height", frame.height);
  json.member("width", frame.width);
  json.end_object();
}

int64_t unix_ns_or_stream_ns(const EventFrame& frame) {
  return frame.utc.known() ? frame.utc.unix_ns : frame.time.ns;
}

}  // namespace deepstack
