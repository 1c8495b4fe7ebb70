#include "gst-plugin/deepstack_flow.h"

#include <chrono>
#include <cinttypes>
#include <optional>
#include <utility>

#include "gst-plugin/camera_messages.h"
#include "gst-plugin/deepstack_element.h"
#include "gst-plugin/deepstack_state.h"
#include "gst-plugin/gst_frame_lease.h"
#include "gst-plugin/reference_time.h"
#include "gst-plugin/roi_detections.h"
#include "gst-plugin/roi_results.h"
#include "gst-plugin/status_message.h"

#define GST_CAT_DEFAULT gst_deepstack_debug

namespace deepstack::gst {
namespace {

// How long EOS waits for the analysis of what came before it, unless drain-timeout says. A live
// pipeline is being stopped by somebody; of a file nothing is to be lost, but a model that hangs must
// not hang the pipeline.
constexpr std::chrono::milliseconds kLiveDrain{2000};
constexpr std::chrono::milliseconds kFileDrain{60'000};

// Frames that the analysis may hold while the video runs on: one waits, one is being copied.
constexpr guint kFramesHeld = 2;

GstDeepstack* element_of(GstObject* parent) { return GST_DEEPSTACK(parent); }

std::chrono::milliseconds drain_limit(const VideoFlow& flow) {
  if (flow.drain_timeout_ms >= 0) return std::chrono::milliseconds(flow.drain_timeout_ms);
  return flow.live ? kLiveDrain : kFileDrain;
}

void learn_liveness(GstDeepstack* self, Stream& stream) {
  VideoFlow& flow = self->state->flow;
  // Asked with the first frame, not with the segment: some sources send that with the lock held
  // that their answer needs.
  const GstRef<GstQuery> query(gst_query_new_latency());
  gboolean live = FALSE;
  if (gst_pad_peer_query(self->sink_pad, query.get())) {
    gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  }
  GST_DEBUG_OBJECT(self, "the source is %s", live ? "live" : "not live");
  flow.live = live != FALSE;
  flow.live_known = true;
  stream.set_live(flow.live);
  if (flow.live && flow.attach_meta == AttachMeta::kExact) {
    flow.attach_meta = AttachMeta::kLatest;
    GST_ELEMENT_WARNING(self, STREAM, FAILED,
                        ("attach-meta=exact would hold up a live source, results are attached to "
                         "later frames (latest)"),
                        (nullptr));
  }
}

// Never a reason to keep the buffer back. Waits in offer() only when no frame may be dropped, and for
// the result only with attach-meta=exact. Returns the buffer to push: this one, or the one that took
// its place because results had to be written onto it and others hold it, too.
GstBuffer* analyse(GstDeepstack* self, GstBuffer* buffer) {
  ElementState& state = *self->state;
  VideoFlow& flow = state.flow;
  const std::shared_ptr<Stream> stream = state.running_stream();
  if (stream == nullptr) return buffer;
  if (!flow.live_known) {
    learn_liveness(self, *stream);
    state.events.start();
  }

  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  std::optional<int64_t> running_time_ns;
  if (GST_CLOCK_TIME_IS_VALID(pts) && flow.segment.format == GST_FORMAT_TIME) {
    const GstClockTime running = gst_segment_to_running_time(&flow.segment, GST_FORMAT_TIME, pts);
    // Outside of the segment: downstream will not show it either.
    if (!GST_CLOCK_TIME_IS_VALID(running)) return buffer;
    running_time_ns = static_cast<int64_t>(running);
  }
  const TimeOfDay time_of_day{
      reference_time(buffer),
      flow.live && running_time_ns ? time_since(GST_ELEMENT(self), *running_time_ns) : std::nullopt};
  const std::optional<MediaTime> time = stream->sample(running_time_ns, time_of_day);
  StreamFrame frame;
  if (time) frame.detections = roi_detections(buffer);  // upstream's, before ours are among them
  if (flow.attach_meta == AttachMeta::kLatest) {
    // Before the lease: with a second reference every frame would have to be copied.
    buffer = attach_results(buffer, stream->latest().get(), *flow.info, running_time_ns);
  }
  if (!time) return buffer;

  frame.time = *time;
  if (GST_CLOCK_TIME_IS_VALID(pts)) frame.pts_ns = static_cast<int64_t>(pts);
  frame.has_detections = !frame.detections.empty();
  frame.lease = std::make_unique<GstFrameLease>(buffer, *flow.info);
  const bool taken = stream->offer(std::move(frame));
  if (flow.attach_meta != AttachMeta::kExact || !taken) return buffer;
  return attach_results(buffer, stream->result_of(*time).get(), *flow.info, running_time_ns);
}

// Offered first, pushed second. Live, offer() takes a mutex and no more. Of a file it may wait for
// the frame before, which is pushed by then: the worker needs nothing but room for its lines, and
// the events task makes room. In preroll that task is held by the sink of the events, yet the first
// frame always finds the mailbox empty, so the sink of the video gets its buffer.
// Pushed first, a frame would wait for its turn at the video sink before it is analysed.
GstFlowReturn on_buffer(GstPad* /*pad*/, GstObject* parent, GstBuffer* buffer) {
  GstDeepstack* self = element_of(parent);
  if (!self->state->flow.info) {
    GST_ERROR_OBJECT(self, "buffer without usable caps");
    gst_buffer_unref(buffer);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  return gst_pad_push(self->src_pad, analyse(self, buffer));
}

// After EOS without a flush another stream begins: a playlist, a source that starts over. The
// events of the first have to be out before the second begins.
void begin_again_after_eos(GstDeepstack* self) {
  ElementState& state = *self->state;
  const std::shared_ptr<Stream> stream = state.running_stream();
  if (!state.flow.ended || stream == nullptr) return;
  if (!state.events.wait_until_ended(drain_limit(state.flow))) {
    GST_WARNING_OBJECT(self, "the events of the last stream are stuck, this one is not analysed");
    return;
  }
  state.events.restart();
  stream->flush();
  stream->resume();
  state.flow.ended = false;
}

gboolean on_stream_start(GstDeepstack* self, GstEvent* event) {
  guint group_id = 0;
  const bool grouped = gst_event_parse_group_id(event, &group_id) != FALSE;
  const char* stream_id = nullptr;
  gst_event_parse_stream_start(event, &stream_id);
  self->state->infer_record.set_stream_id(stream_id);
  begin_again_after_eos(self);
  self->state->events.begin_stream(grouped ? std::optional(group_id) : std::nullopt);
  return gst_pad_push_event(self->src_pad, event);
}

gboolean on_caps(GstDeepstack* self, GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) {
    GST_ERROR_OBJECT(self, "unusable caps %" GST_PTR_FORMAT, static_cast<void*>(caps));
    self->state->flow.info.reset();
    gst_event_unref(event);
    return FALSE;
  }
  self->state->flow.info = info;
  if (const std::shared_ptr<Stream> stream = self->state->running_stream()) {
    stream->set_video({.pixel_format = GST_VIDEO_INFO_NAME(&info),
                       .width = GST_VIDEO_INFO_WIDTH(&info),
                       .height = GST_VIDEO_INFO_HEIGHT(&info),
                       .rate_numerator = GST_VIDEO_INFO_FPS_N(&info),
                       .rate_denominator = GST_VIDEO_INFO_FPS_D(&info)});
  }
  return gst_pad_push_event(self->src_pad, event);
}

// A segment in bytes passes, too; its frames simply have no time.
gboolean on_segment(GstDeepstack* self, GstEvent* event) {
  ElementState& state = *self->state;
  begin_again_after_eos(self);
  gst_event_copy_segment(event, &state.flow.segment);
  state.flow.live_known = false;
  state.events.start();
  return gst_pad_push_event(self->src_pad, event);
}

// Nothing comes for a while: what was tracked grows older all the same.
gboolean on_gap(GstDeepstack* self, GstEvent* event) {
  const std::shared_ptr<Stream> stream = self->state->running_stream();
  GstClockTime end = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  gst_event_parse_gap(event, &end, &duration);
  if (GST_CLOCK_TIME_IS_VALID(end) && GST_CLOCK_TIME_IS_VALID(duration)) end += duration;
  const GstSegment& segment = self->state->flow.segment;
  if (stream != nullptr && GST_CLOCK_TIME_IS_VALID(end) && segment.format == GST_FORMAT_TIME) {
    const GstClockTime running = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, end);
    if (GST_CLOCK_TIME_IS_VALID(running)) stream->skip(static_cast<int64_t>(running));
  }
  return gst_pad_push_event(self->src_pad, event);
}

gboolean on_flush_start(GstDeepstack* self, GstEvent* event) {
  if (const std::shared_ptr<Stream> stream = self->state->running_stream()) {
    stream->cancel();
    self->state->events.flush_start();
  }
  return gst_pad_push_event(self->src_pad, event);
}

gboolean on_flush_stop(GstDeepstack* self, GstEvent* event) {
  ElementState& state = *self->state;
  gboolean reset_time = FALSE;
  gst_event_parse_flush_stop(event, &reset_time);
  if (const std::shared_ptr<Stream> stream = state.running_stream()) {
    stream->cancel();
    state.events.flush_stop(reset_time != FALSE);
    stream->flush();
    stream->resume();
  }
  gst_segment_init(&state.flow.segment, GST_FORMAT_UNDEFINED);
  state.flow.live_known = false;
  state.flow.ended = false;
  return gst_pad_push_event(self->src_pad, event);
}

// With a sink on the events, EOS goes to the video first: that sink may be in preroll and wait for
// the sink of the video, which may get its only data now (an encoder, a muxer). The pipeline has
// ended when both have, so nothing is cut off. Without one nobody else waits for the last frames,
// and a program that stops at the EOS of the video would lose them: then they come first. A live
// video never waits.
gboolean on_eos(GstDeepstack* self, GstEvent* event) {
  ElementState& state = *self->state;
  const std::shared_ptr<Stream> stream = state.running_stream();
  if (stream == nullptr) return gst_pad_push_event(self->src_pad, event);
  const bool video_first = state.flow.live || state.events.delivers();
  gboolean result = TRUE;
  state.events.start();  // EOS may come without a segment: a seek to the end
  if (video_first) result = gst_pad_push_event(self->src_pad, gst_event_ref(event));

  const std::chrono::milliseconds limit = drain_limit(state.flow);
  if (!stream->end(limit) && !state.events.interrupted()) {
    GST_ELEMENT_WARNING(self, STREAM, FAILED,
                        ("the last frames are not analysed: not done %" PRId64 " ms after EOS",
                         static_cast<int64_t>(limit.count())),
                        (nullptr));
    stream->give_up();
  }
  state.flow.ended = true;
  if (!video_first) result = gst_pad_push_event(self->src_pad, gst_event_ref(event));
  gst_event_unref(event);
  return result;
}

gboolean on_custom(GstDeepstack* self, GstEvent* event) {
  const std::optional<CameraReport> camera = camera_report(event);
  const std::shared_ptr<Stream> stream = self->state->running_stream();
  if (camera && stream != nullptr) stream->report(*camera);
  return gst_pad_push_event(self->src_pad, event);
}

gboolean on_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  GstDeepstack* self = element_of(parent);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
      return on_stream_start(self, event);
    case GST_EVENT_CAPS:
      return on_caps(self, event);
    case GST_EVENT_SEGMENT:
      return on_segment(self, event);
    case GST_EVENT_GAP:
      return on_gap(self, event);
    case GST_EVENT_FLUSH_START:
      return on_flush_start(self, event);
    case GST_EVENT_FLUSH_STOP:
      return on_flush_stop(self, event);
    case GST_EVENT_EOS:
      return on_eos(self, event);
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      return on_custom(self, event);
    default:
      return gst_pad_event_default(pad, parent, event);
  }
}

// Asks for buffers on top of what downstream needs, so that a small pool does not run dry.
gboolean on_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  const gboolean answered = gst_pad_query_default(pad, parent, query);
  if (!answered || GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return answered;
  for (guint i = 0; i < gst_query_get_n_allocation_pools(query); ++i) {
    GstBufferPool* pool = nullptr;
    guint size = 0;
    guint lowest = 0;
    guint highest = 0;  // 0 = no limit
    gst_query_parse_nth_allocation_pool(query, i, &pool, &size, &lowest, &highest);
    lowest += kFramesHeld;
    if (highest != 0) lowest = MIN(lowest, highest);
    gst_query_set_nth_allocation_pool(query, i, pool, size, lowest, highest);
    gst_clear_object(&pool);
  }
  return answered;
}

// The sink and src pads belong together; caps, allocation and events do not go to `events`.
GstIterator* linked_to_each_other(GstPad* pad, GstObject* parent) {
  GstDeepstack* self = element_of(parent);
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_PAD);
  g_value_set_object(&value, pad == self->sink_pad ? self->src_pad : self->sink_pad);
  GstIterator* iterator = gst_iterator_new_single(GST_TYPE_PAD, &value);
  g_value_unset(&value);
  return iterator;
}

}  // namespace

void install_flow(GstPad* sink_pad, GstPad* src_pad) {
  gst_pad_set_chain_function(sink_pad, on_buffer);
  gst_pad_set_event_function(sink_pad, on_event);
  gst_pad_set_query_function(sink_pad, on_query);
  for (GstPad* pad : {sink_pad, src_pad}) {
    gst_pad_set_iterate_internal_links_function(pad, linked_to_each_other);
    GST_PAD_SET_PROXY_CAPS(pad);
    GST_PAD_SET_PROXY_ALLOCATION(pad);
    GST_PAD_SET_PROXY_SCHEDULING(pad);
  }
}

}  // namespace deepstack::gst
