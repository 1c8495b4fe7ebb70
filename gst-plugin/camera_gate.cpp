#include "gst-plugin/camera_gate.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace {

using deepstack::gst::CameraGateCallbacks;

// Time stamps of a first frame that are further from now than this are of another clock.
constexpr GstClockTimeDiff kForeignClock = GST_SECOND;

// What the stream downstream has seen. Guarded by the stream lock of the sink pad.
struct GateFlow {
  bool started = false;                       // STREAM_START is out
  bool shown = false;                         // a frame is out
  bool connected = false;                     // a frame of this connection is out
  GstSegment segment{};                       // the connection's
  GstClockTimeDiff offset = 0;                // running time of the connection to ours
  GstClockTime last = GST_CLOCK_TIME_NONE;    // running time of the last frame
  GstClockTime filled = GST_CLOCK_TIME_NONE;  // running time until which frames and gaps reach

  GateFlow() { gst_segment_init(&segment, GST_FORMAT_TIME); }
};

struct GateState {
  CameraGateCallbacks callbacks;
  bool live = true;            // set while the pads are inactive
  GstClockTime tolerance = 0;  // as live
  std::atomic<guint64> latency_ns{0};
  std::atomic<bool> pushing{false};
  GateFlow flow;
};

}  // namespace

G_DECLARE_FINAL_TYPE(GstDeepstackCameraGate, gst_deepstack_camera_gate, GST, DEEPSTACK_CAMERA_GATE,
                     GstElement)

struct _GstDeepstackCameraGate {
  GstElement parent;
  GstPad* sink_pad;  // owned by the element
  GstPad* src_pad;   // owned by the element
  GateState* state;
};

G_DEFINE_TYPE(GstDeepstackCameraGate, gst_deepstack_camera_gate, GST_TYPE_ELEMENT)

namespace {

using Gate = GstDeepstackCameraGate;

Gate* gate_of(gpointer object) { return GST_DEEPSTACK_CAMERA_GATE(object); }

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

// NONE while there is no clock.
GstClockTime running_time_now(Gate* self) {
  return gst_element_get_current_running_time(GST_ELEMENT(self));
}

void push_stream_start(Gate* self) {
  if (std::exchange(self->state->flow.started, true)) return;
  gchar* stream_id = gst_pad_create_stream_id(self->src_pad, GST_ELEMENT(self), "video");
  GstEvent* event = gst_event_new_stream_start(stream_id);
  gst_event_set_group_id(event, gst_util_group_id_next());
  gst_pad_push_event(self->src_pad, event);
  g_free(stream_id);
}

// Where the connection's time stamps lie in our running time, from its first frame on. Those of
// rtspsrc are running time already; those of a source that is not live begin at 0 every time.
void anchor(Gate* self, GstClockTime running, GstClockTime now) {
  GateFlow& flow = self->state->flow;
  flow.offset = 0;
  if (!GST_CLOCK_TIME_IS_VALID(running)) return;
  const auto limit = kForeignClock + static_cast<GstClockTimeDiff>(self->state->tolerance);
  const bool foreign = GST_CLOCK_TIME_IS_VALID(now) && ABS(GST_CLOCK_DIFF(running, now)) > limit;
  if (foreign) flow.offset = GST_CLOCK_DIFF(running, now);
}

GstBuffer* stamp(Gate* self, GstBuffer* buffer) {
  GateFlow& flow = self->state->flow;
  const GstClockTime now = running_time_now(self);
  GstClockTime running = GST_CLOCK_TIME_NONE;
  if (flow.segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID(buffer)) {
    running = gst_segment_to_running_time(&flow.segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  }
  const bool first = !std::exchange(flow.connected, true);
  if (first) anchor(self, running, now);

  GstClockTimeDiff time =
      GST_CLOCK_TIME_IS_VALID(running)
          ? static_cast<GstClockTimeDiff>(running) + flow.offset
          : static_cast<GstClockTimeDiff>(GST_CLOCK_TIME_IS_VALID(now) ? now : 0);
  if (GST_CLOCK_TIME_IS_VALID(flow.last)) {
    const auto last = static_cast<GstClockTimeDiff>(flow.last);
    if (time < last - kForeignClock && GST_CLOCK_TIME_IS_VALID(now)) {
      // The camera's clock was set back while it ran.
      time = static_cast<GstClockTimeDiff>(now);
      if (GST_CLOCK_TIME_IS_VALID(running)) flow.offset = GST_CLOCK_DIFF(running, now);
    }
    time = std::max(time, last + 1);
  }
  flow.last = static_cast<GstClockTime>(std::max<GstClockTimeDiff>(time, 0));
  flow.filled = flow.last;
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) flow.filled += GST_BUFFER_DURATION(buffer);

  if (!first && GST_BUFFER_PTS(buffer) == flow.last) return buffer;
  buffer = gst_buffer_make_writable(buffer);
  GST_BUFFER_PTS(buffer) = flow.last;
  GST_BUFFER_DTS(buffer) = GST_CLOCK_TIME_NONE;
  if (first) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  return buffer;
}

void push_segment(Gate* self) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(self->src_pad, gst_event_new_segment(&segment));
}

GstFlowReturn on_buffer(GstPad* /*pad*/, GstObject* parent, GstBuffer* buffer) {
  Gate* self = gate_of(parent);
  GateState& state = *self->state;
  GstEvent* event = state.callbacks.frame();
  if (state.live && !state.flow.connected) push_segment(self);
  if (event != nullptr) gst_pad_push_event(self->src_pad, event);
  if (state.live) buffer = stamp(self, buffer);
  state.flow.shown = true;
  state.pushing = true;
  const GstFlowReturn flow = gst_pad_push(self->src_pad, buffer);
  state.pushing = false;
  if (flow == GST_FLOW_EOS) gst_pad_push_event(self->src_pad, gst_event_new_eos());
  if (flow != GST_FLOW_OK && flow != GST_FLOW_FLUSHING) state.callbacks.refused(flow);
  return flow;
}

// A live connection's events: what belongs to the connection stays here.
gboolean on_live_event(Gate* self, GstPad* pad, GstEvent* event) {
  GateState& state = *self->state;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &state.flow.segment);
      break;
    case GST_EVENT_EOS:
      if (state.callbacks.ended()) return gst_pad_push_event(self->src_pad, event);
      break;
    case GST_EVENT_STREAM_START:
    case GST_EVENT_STREAM_COLLECTION:
    case GST_EVENT_STREAM_GROUP_DONE:
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
    case GST_EVENT_GAP:
      break;
    case GST_EVENT_CAPS:
      push_stream_start(self);
      return gst_pad_push_event(self->src_pad, event);
    default:
      // Tags before the CAPS of a first connection: nothing may precede STREAM_START.
      push_stream_start(self);
      return gst_pad_event_default(pad, GST_OBJECT(self), event);
  }
  gst_event_unref(event);
  return TRUE;
}

gboolean on_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  Gate* self = gate_of(parent);
  if (self->state->live) return on_live_event(self, pad, event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) self->state->callbacks.ended();
  return gst_pad_event_default(pad, parent, event);
}

gboolean on_upstream_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  if (gate_of(parent)->state->live && GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    gst_event_unref(event);
    return FALSE;
  }
  return gst_pad_event_default(pad, parent, event);
}

// A camera that is away is as late as it was when it was there.
gboolean on_upstream_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  GateState& state = *gate_of(parent)->state;
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  if (gst_pad_peer_query(gate_of(parent)->sink_pad, query)) {
    GstClockTime least = 0;
    gst_query_parse_latency(query, nullptr, &least, nullptr);
    state.latency_ns = least;
    return TRUE;
  }
  if (!state.live) return FALSE;
  gst_query_set_latency(query, TRUE, state.latency_ns, GST_CLOCK_TIME_NONE);
  return TRUE;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_deepstack_camera_gate_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) gate_of(element)->state->flow = GateFlow();
  return result;
}

void finalize(GObject* object) {
  delete gate_of(object)->state;
  G_OBJECT_CLASS(gst_deepstack_camera_gate_parent_class)->finalize(object);
}

}  // namespace

static void gst_deepstack_camera_gate_class_init(GstDeepstackCameraGateClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "Camera gate", "Generic",
                                        "Makes one stream of a camera's connections",
                                        "gst-deepstack authors");
}

static void gst_deepstack_camera_gate_init(GstDeepstackCameraGate* self) {
  self->state = new GateState;
  self->sink_pad = gst_pad_new_from_static_template(&sink_template, "sink");
  self->src_pad = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_chain_function(self->sink_pad, on_buffer);
  gst_pad_set_event_function(self->sink_pad, on_event);
  gst_pad_set_event_function(self->src_pad, on_upstream_event);
  gst_pad_set_query_function(self->src_pad, on_upstream_query);
  for (GstPad* pad : {self->sink_pad, self->src_pad}) {
    GST_PAD_SET_PROXY_CAPS(pad);
    GST_PAD_SET_PROXY_ALLOCATION(pad);
    gst_element_add_pad(GST_ELEMENT(self), pad);
  }
}

namespace deepstack::gst {

GstElement* camera_gate_new(CameraGateCallbacks callbacks) {
  GstElement* gate =
      GST_ELEMENT(g_object_new(gst_deepstack_camera_gate_get_type(), "name", "gate", nullptr));
  gate_of(gate)->state->callbacks = std::move(callbacks);
  return gate;
}

void camera_gate_open(GstElement* gate, bool live, GstClockTime latency_ns) {
  GateState& state = *gate_of(gate)->state;
  state.live = live;
  state.tolerance = latency_ns;
  state.latency_ns = latency_ns;
}

void camera_gate_expect_connection(GstElement* gate) {
  Gate* self = gate_of(gate);
  GST_PAD_STREAM_LOCK(self->sink_pad);
  self->state->flow.connected = false;
  gst_segment_init(&self->state->flow.segment, GST_FORMAT_TIME);
  GST_PAD_STREAM_UNLOCK(self->sink_pad);
}

void camera_gate_push_event(GstElement* gate, GstEvent* event) {
  Gate* self = gate_of(gate);
  GST_PAD_STREAM_LOCK(self->sink_pad);
  push_stream_start(self);
  gst_pad_push_event(self->src_pad, event);
  GST_PAD_STREAM_UNLOCK(self->sink_pad);
}

void camera_gate_push_gap(GstElement* gate) {
  Gate* self = gate_of(gate);
  GST_PAD_STREAM_LOCK(self->sink_pad);
  GateFlow& flow = self->state->flow;
  const GstClockTime now = running_time_now(self);
  // Between connections only: a frame that is on its way may be older than now.
  const bool due = flow.shown && !flow.connected && GST_CLOCK_TIME_IS_VALID(now) &&
                   GST_CLOCK_TIME_IS_VALID(flow.filled) && now > flow.filled;
  if (due) {
    const GstClockTime from = std::exchange(flow.filled, now);
    gst_pad_push_event(self->src_pad, gst_event_new_gap(from, now - from));
  }
  GST_PAD_STREAM_UNLOCK(self->sink_pad);
}

bool camera_gate_is_pushing(GstElement* gate) { return gate_of(gate)->state->pushing; }

}  // namespace deepstack::gst
