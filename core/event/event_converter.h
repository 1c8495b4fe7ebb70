// EventConverter: an Event as lines of JSON in one schema, one class a schema (event_json.h,
// dlstreamer_events.h ...). A schema that has no word for a kind of event leaves it out; one that
// speaks of objects one by one has several lines. docs/events.md has the table.
//
// Keys are sorted, numbers rounded once, text made valid UTF-8, so that the same analysis gives the
// same bytes. One converter a stream, called by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/event/event.h"
#include "core/event/json_writer.h"
#include "core/settings.h"
#include "core/status.h"

namespace deepstack {

constexpr EventSchema kEventSchemas[] = {EventSchema::kNative, EventSchema::kDlStreamer,
                                         EventSchema::kDeepStreamMinimal, EventSchema::kOnvifMj,
                                         EventSchema::kFrigate};

// What stands in every event of a stream.
struct EventSource {
  std::string name;            // property source
  bool live = false;           // decides time.source: arrival or file
  std::string model{};         // its name; "" when there is none to name
  std::string model_sha256{};  // of its weights; "" when it has no files
  std::string run{"00000000-0000-4000-8000-000000000000"};  // a UUID of the stream's run
  std::string tags{};  // a JSON object in one line (event_tags.h); "" for none
};

// One JSON object, without the line end.
struct EventText {
  std::string json;
  bool expendable = false;  // the next one says the same, newer
};

class EventConverter {
 public:
  virtual ~EventConverter() = default;

  // The lines for the event, in the order they are to be told. kExhausted: out of memory; the event
  // is as if it had not been.
  Result<std::vector<EventText>> convert(const Event& event, const EventSource& source);

  // Texts and numbers so far that could not be written as they were (JsonWriter).
  uint64_t replaced() const { return replaced_; }

 protected:
  // Throws std::bad_alloc only, and then keeps nothing.
  virtual void write(const Event& event, const EventSource& source,
                     std::vector<EventText>& lines) = 0;

  // What write() counted.
  void count(const JsonWriter& writer) { replaced_ += writer.replaced(); }

 private:
  uint64_t replaced_ = 0;
};

std::unique_ptr<EventConverter> make_event_converter(EventSchema schema);

// What the caps of a pad say of its lines: application/x-json, format=(string)NAME.
const char* event_format(EventSchema schema);

const char* event_name(EventKind kind);

}  // namespace deepstack
