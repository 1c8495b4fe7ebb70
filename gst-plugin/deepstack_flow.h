// What flows through `deepstack`: buffers, events and queries at its sink pad.
//
// The video comes first. A buffer is offered to the stream and then pushed, the same one; the
// answer upstream is the answer of downstream, whatever becomes of the analysis.
#pragma once

#include <gst/gst.h>

namespace deepstack::gst {

// Sets the functions of the always pads. REQUIRES: parent of both will be a GstDeepstack.
void install_flow(GstPad* sink_pad, GstPad* src_pad);

}  // namespace deepstack::gst
