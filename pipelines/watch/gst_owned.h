// Owned<T>: one reference to something of GStreamer's or GLib's, given back when it goes out of
// scope.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace deepstack {

struct GiveBack {
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
  void operator()(GMainLoop* loop) const { g_main_loop_unref(loop); }
  void operator()(GError* error) const { g_error_free(error); }
  void operator()(gchar* text) const { g_free(text); }
};

template <typename T>
using Owned = std::unique_ptr<T, GiveBack>;

}  // namespace deepstack
