// GstTracerRecord has been in GStreamer since 1.8 and is called unstable to this day.
#define GST_USE_UNSTABLE_API
#include "gst-plugin/infer_record.h"

#include <gst/gsttracerrecord.h>

namespace deepstack::gst {
namespace {

GstTracerRecord* record = nullptr;  // written once, with the class

GstStructure* value(GType type, const char* description) {
  return gst_structure_new("value", "type", G_TYPE_GTYPE, type, "description", G_TYPE_STRING,
                           description, nullptr);
}

}  // namespace

void install_infer_record() {
  record = gst_tracer_record_new(
      "deepstack.infer.class", "stream-id", GST_TYPE_STRUCTURE,
      gst_structure_new("scope", "type", G_TYPE_GTYPE, G_TYPE_STRING, "related-to",
                        GST_TYPE_TRACER_VALUE_SCOPE, GST_TRACER_VALUE_SCOPE_PAD, nullptr),
      "pts", GST_TYPE_STRUCTURE, value(G_TYPE_UINT64, "time stamp of the frame, ns"), "queue-ms",
      GST_TYPE_STRUCTURE, value(G_TYPE_DOUBLE, "waited for the model"), "pre-ms",
      GST_TYPE_STRUCTURE, value(G_TYPE_DOUBLE, "copy and proposals"), "infer-ms",
      GST_TYPE_STRUCTURE, value(G_TYPE_DOUBLE, "in the model"), "post-ms", GST_TYPE_STRUCTURE,
      value(G_TYPE_DOUBLE, "tracks, identities and events"), nullptr);
  GST_OBJECT_FLAG_SET(record, GST_OBJECT_FLAG_MAY_BE_LEAKED);
}

void InferRecord::set_stream_id(const char* stream_id) {
  const std::lock_guard lock(shared_->mutex);
  shared_->stream_id = stream_id == nullptr ? "" : stream_id;
}

Stream::TimingCallback InferRecord::writer() const {
  return [shared = shared_](int64_t pts_ns, const FrameTiming& timing) {
    std::string stream_id;
    {
      const std::lock_guard lock(shared->mutex);
      stream_id = shared->stream_id;
    }
    gst_tracer_record_log(record, stream_id.c_str(),
                          pts_ns < 0 ? GST_CLOCK_TIME_NONE : static_cast<guint64>(pts_ns),
                          timing.queue_ms, timing.pre_ms, timing.infer_ms, timing.post_ms);
  };
}

}  // namespace deepstack::gst
