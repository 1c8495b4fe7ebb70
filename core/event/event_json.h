// The only writer of event JSON: schema "deepstack-1" (docs/events.schema.json, docs/events.md).
// Keys are sorted, numbers rounded once, text made valid UTF-8, so that the same analysis gives the
// same bytes.
#pragma once

#include <string>

#include "core/event/event.h"

namespace deepstack {

// What stands in every event of a stream.
struct EventSource {
  std::string name;         // property source
  bool live = false;        // decides time.source: arrival or file
  std::string model{};         // its name; "" when there is none to name
  std::string model_sha256{};  // of its weights; "" when it has no files
};

// One JSON object in one line, without the line end.
std::string to_json(const Event& event, const EventSource& source);

const char* event_name(EventKind kind);

}  // namespace deepstack
