// CameraConnection: one attempt at a camera: a uridecodebin inside of the bin, from its making to
// its end. Whatever it meets it says on the bus, where the bin keeps it back.
//
// Made, told and deleted by the camera's own thread, never by a streaming thread: deleting waits
// for those to end.
#pragma once

#include <gst/gst.h>

#include "gst-plugin/camera_settings.h"

namespace deepstack::gst {

class CameraConnection {
 public:
  // Starts at once. Pictures go to gate's sink pad, sound is not even asked for. plan, bin and gate
  // outlive this.
  CameraConnection(GstBin* bin, GstElement* gate, const CameraPlan& plan);
  ~CameraConnection();
  CameraConnection(const CameraConnection&) = delete;
  CameraConnection& operator=(const CameraConnection&) = delete;

  void pause();
  void play();  // on the clock and base time that the bin has now

 private:
  static void on_source_setup(GstElement* input, GstElement* source, gpointer self);
  static void on_element_added(GstBin* input, GstBin* bin, GstElement* element, gpointer self);
  static gboolean on_select_stream(GstElement* source, guint number, GstCaps* caps, gpointer self);
  static void on_pad_added(GstElement* input, GstPad* pad, gpointer self);

  GstBin* const bin_;
  GstElement* const gate_;
  const CameraPlan& plan_;
  GstElement* input_;  // owned by the bin while this lives
};

}  // namespace deepstack::gst
