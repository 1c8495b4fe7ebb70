// The tracer record `deepstack.infer`: a line in the log for each frame that was analysed, and
// where its time went, in the format of GStreamer's own tracers (GST_DEBUG=GST_TRACER:7; gst-stats
// reads it):
//   deepstack.infer, stream-id=(string)..., pts=(guint64)..., queue-ms=(double)..., pre-ms=...,
//   infer-ms=..., post-ms=...;
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <string>

#include "core/stream.h"

namespace deepstack::gst {

// Once, with the class: tells the log what the fields are.
void install_infer_record();

class InferRecord {
 public:
  // Streaming thread.
  void set_stream_id(const char* stream_id);

  // Any thread, also when this is gone.
  Stream::TimingCallback writer() const;

 private:
  struct Shared {
    std::mutex mutex;
    std::string stream_id;  // guarded by mutex
  };
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace deepstack::gst
