// GstRef<T>: one reference to a GStreamer object, given back when it goes out of scope. Made from a
// pointer it takes that reference over; share() takes one of its own.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace deepstack::gst {

struct GstUnref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstQuery* query) const { gst_query_unref(query); }
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstClock* clock) const { gst_object_unref(clock); }
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
  void operator()(GstTask* task) const { gst_object_unref(task); }
};

template <typename T>
using GstRef = std::unique_ptr<T, GstUnref>;

inline GstRef<GstBuffer> share(GstBuffer* buffer) {
  return GstRef<GstBuffer>(gst_buffer_ref(buffer));
}

inline GstRef<GstPad> share(GstPad* pad) {
  return GstRef<GstPad>(pad == nullptr ? nullptr : GST_PAD(gst_object_ref(pad)));
}

}  // namespace deepstack::gst
