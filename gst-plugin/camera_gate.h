// CameraGate: the last element inside of `deepstackcamerasrc`. Its src pad, which the bin shows,
// stays; what is linked to its sink pad comes and goes with each connection.
//
// Live, downstream sees one stream that never ends: one STREAM_START, running time that goes on
// over reconnects, and after each a new SEGMENT, the CAPS of the new connection and DISCONT. EOS
// stays here. A file passes as it is.
//
// Buffers and events come from the connection's streaming thread; while there is none, the camera's
// own thread pushes through push_event() and push_gap(). The sink pad's stream lock keeps them
// apart.
#pragma once

#include <gst/gst.h>

#include <functional>

namespace deepstack::gst {

struct CameraGateCallbacks {
  // Streaming thread, before each frame: an event to be pushed in front of it, or null.
  std::function<GstEvent*()> frame;
  // Streaming thread: the connection says EOS. True: it is the end, and goes on.
  std::function<bool()> ended;
  // Streaming thread: downstream takes no more; the connection is not to blame.
  std::function<void(GstFlowReturn)> refused;
};

// A floating element, with pads sink and src.
GstElement* camera_gate_new(CameraGateCallbacks callbacks);

// Below PAUSED. live: as above; latency_ns: what is said of a camera that is not there yet.
void camera_gate_open(GstElement* gate, bool live, GstClockTime latency_ns);

// Camera's thread, with nothing linked: the next frame is the first of a connection.
void camera_gate_expect_connection(GstElement* gate);

// Camera's thread. push_gap: nothing came until now; does nothing before the first frame.
void camera_gate_push_event(GstElement* gate, GstEvent* event);
void camera_gate_push_gap(GstElement* gate);

// Any thread: a frame is being pushed, so it is downstream that holds things up.
bool camera_gate_is_pushing(GstElement* gate);

}  // namespace deepstack::gst
