// What a GstDeepstack holds, as C++: created with the object, deleted with it. Private to the files
// of the element.
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/encoder.h"
#include "core/settings.h"
#include "core/status.h"
#include "core/stream.h"
#include "gst-plugin/events_pad.h"
#include "gst-plugin/infer_record.h"
#include "gst-plugin/stats_messages.h"

GST_DEBUG_CATEGORY_EXTERN(gst_deepstack_debug);

namespace deepstack::gst {

// What the streaming thread knows about the video on its way; forgotten in PAUSED to READY.
struct VideoFlow {
  GstSegment segment{};              // undefined format: no TIME segment yet
  std::optional<GstVideoInfo> info;  // none: no usable caps yet
  AttachMeta attach_meta = AttachMeta::kNone;
  int drain_timeout_ms = -1;
  bool live = false;
  bool live_known = false;  // asked since the segment began
  bool ended = false;       // EOS seen, and no new stream since

  VideoFlow() { gst_segment_init(&segment, GST_FORMAT_UNDEFINED); }
};

struct ElementState {
  ElementState(GstElement* element, StatsMessages::Make make_stats)
      : events(element), stats_messages(element, std::move(make_stats)) {}

  // Any thread; null below PAUSED. The caller's copy keeps it alive, so that a query of `stats` and
  // a flush may meet a state change.
  std::shared_ptr<Stream> running_stream() const {
    const std::lock_guard guard(lock);
    return stream;
  }

  // A leaf: nothing of GStreamer or core is called with it held.
  mutable std::mutex lock;
  Settings settings;                          // guarded by lock
  std::string settings_file;                  // guarded by lock
  Status settings_file_status;                // guarded by lock; told when the element starts
  std::shared_ptr<Encoder> scripted_encoder;  // guarded by lock
  std::shared_ptr<Stream> stream;             // guarded by lock
  ModelInfo model;                            // guarded by lock; of the last start

  VideoFlow flow;  // streaming thread; other threads only while the pads are inactive
  EventsPad events;
  InferRecord infer_record;
  StatsMessages stats_messages;
};

}  // namespace deepstack::gst

struct _GstDeepstack {
  GstElement parent;
  GstPad* sink_pad;  // owned by the element
  GstPad* src_pad;   // owned by the element
  deepstack::gst::ElementState* state;
};
