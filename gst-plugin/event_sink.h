// GstDeepstackEventSink: the GObject of `deepstackeventsink`. What it does is in core's
// Publication; this is its type, its states and its properties.
#pragma once

#include <gst/base/gstbasesink.h>
#include <gst/gst.h>

#define GST_TYPE_DEEPSTACK_EVENT_SINK (gst_deepstack_event_sink_get_type())
G_DECLARE_FINAL_TYPE(GstDeepstackEventSink, gst_deepstack_event_sink, GST, DEEPSTACK_EVENT_SINK,
                     GstBaseSink)

GST_ELEMENT_REGISTER_DECLARE(deepstackeventsink)
