#include "core/event/event_converter.h"

#include "core/event/deepstream_events.h"
#include "core/event/dlstreamer_events.h"
#include "core/event/event_json.h"
#include "core/event/frigate_events.h"
#include "core/event/onvif_events.h"
#include "core/exhausted.h"

namespace deepstack {

Result<std::vector<EventText>> EventConverter::convert(const Event& event,
                                                       const EventSource& source) {
  return unless_out_of_memory([&]() -> Result<std::vector<EventText>> {
    std::vector<EventText> lines;
    write(event, source, lines);
    return lines;
  });
}

std::unique_ptr<EventConverter> make_event_converter(EventSchema schema) {
  switch (schema) {
    case EventSchema::kDlStreamer:
      return std::make_unique<DlStreamerEvents>();
    case EventSchema::kDeepStreamMinimal:
      return std::make_unique<DeepStreamEvents>();
    case EventSchema::kOnvifMj:
      return std::make_unique<OnvifEvents>();
    case EventSchema::kFrigate:
      return std::make_unique<FrigateEvents>();
    case EventSchema::kNative:
      break;
  }
  return std::make_unique<NativeEvents>();
}

const char* event_format(EventSchema schema) {
  switch (schema) {
    case EventSchema::kDlStreamer:
      return "dlstreamer";
    case EventSchema::kDeepStreamMinimal:
      return "deepstream-minimal";
    case EventSchema::kOnvifMj:
      return "onvif-mj";
    case EventSchema::kFrigate:
      return "frigate";
    case EventSchema::kNative:
      break;
  }
  return "deepstack-1";
}

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

}  // namespace deepstack
