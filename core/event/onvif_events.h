// Schema "onvif-mj": frames of ONVIF's metadata stream in JSON, as Profile M sends them over MQTT
// (Analytics Service Specification, "JSON over MQTT": attributes have an @, text is #text). One
// line an analysed frame with tracks; rename, merge and end are frames with an ObjectTree. Ids are
// those of tracks, the UUID is the identity's.
#pragma once

#include "core/event/event_converter.h"

namespace deepstack {

class OnvifEvents final : public EventConverter {
 protected:
  void write(const Event& event, const EventSource& source, std::vector<EventText>& lines) override;
};

}  // namespace deepstack
