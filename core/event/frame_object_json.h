// The parts of a frame object as DL Streamer's gvametaconvert writes it, which the native schema
// shares. Write whole members; the caller has the order of keys.
#pragma once

#include "core/event/event.h"
#include "core/event/json_writer.h"

namespace deepstack {

// A box in whole pixels, cut at the frame.
struct PixelBox {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const { return x + width; }
  int bottom() const { return y + height; }
};

PixelBox pixel_box(const Detection& detection, const EventFrame& frame);

// "detection": box from 0 to 1, confidence, label, label_id when known.
void write_detection(JsonWriter& json, const Detection& detection, const EventFrame& frame);

// "resolution".
void write_resolution(JsonWriter& json, const EventFrame& frame);

// Nanoseconds since 1970. Of a stream that does not know its time of day (a file) its own time, so
// that the same file gives the same bytes: a time in January 1970 says so.
int64_t unix_ns_or_stream_ns(const EventFrame& frame);

}  // namespace deepstack
