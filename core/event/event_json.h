// The native schema "deepstack-1" (docs/events.schema.json, docs/events.md): everything there is to
// say, one line an event. The frame and its objects are DL Streamer's.
#pragma once

#include <string>

#include "core/event/event_converter.h"

namespace deepstack {

class NativeEvents final : public EventConverter {
 protected:
  void write(const Event& event, const EventSource& source, std::vector<EventText>& lines) override;
};

// Its line. Throws std::bad_alloc.
std::string to_json(const Event& event, const EventSource& source);

}  // namespace deepstack
