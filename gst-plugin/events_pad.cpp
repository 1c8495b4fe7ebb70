#include "gst-plugin/events_pad.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gst-plugin/deepstack_element.h"
#include "gst-plugin/deepstack_state.h"

#define GST_CAT_DEFAULT gst_deepstack_debug

namespace deepstack::gst {
namespace {

// A GAP goes out when there was no line for this long, so that sinks and muxers see time pass.
constexpr std::chrono::seconds kGapInterval{1};

// Nothing that comes up from the events' side may move the video. A seek counts as done: a pipeline
// sends it to each of its sinks and fails it when one of them says no, and the sink of the video
// carries it out.
gboolean on_upstream_event(GstPad* pad, GstObject* /*parent*/, GstEvent* event) {
  GST_DEBUG_OBJECT(pad, "swallowed %" GST_PTR_FORMAT, static_cast<void*>(event));
  gst_event_unref(event);
  return TRUE;
}

// Queries of latency and position go up to the sink pad.
GstIterator* linked_to_sink_pad(GstPad* /*pad*/, GstObject* parent) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_PAD);
  g_value_set_object(&value, GST_DEEPSTACK(parent)->sink_pad);
  GstIterator* iterator = gst_iterator_new_single(GST_TYPE_PAD, &value);
  g_value_unset(&value);
  return iterator;
}

}  // namespace

EventsPad::EventsPad(GstElement* element) : element_(element), messages_(element) {
  g_rec_mutex_init(&task_lock_);
}

EventsPad::~EventsPad() { g_rec_mutex_clear(&task_lock_); }

GstPad* EventsPad::request(GstPadTemplate* pad_template) {
  GstPad* pad = nullptr;
  {
    const std::lock_guard guard(mutex_);
    if (pad_ != nullptr) return nullptr;
    pad = gst_pad_new_from_template(pad_template, "events");
    pad_ = GstRef<GstPad>(GST_PAD(gst_object_ref_sink(pad)));
    start_due_ = segment_due_ = true;
    failed_ = false;
  }
  gst_pad_set_event_function(pad, on_upstream_event);
  gst_pad_set_iterate_internal_links_function(pad, linked_to_sink_pad);
  gst_pad_use_fixed_caps(pad);
  gst_pad_set_active(pad, TRUE);
  gst_element_add_pad(element_, pad);
  return pad;
}

void EventsPad::release(GstPad* pad) {
  GstRef<GstPad> released;
  {
    const std::lock_guard guard(mutex_);
    released = std::move(pad_);
  }
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element_, pad);
}

void EventsPad::open(std::shared_ptr<Stream> stream, const char* format) {
  stream_ = std::move(stream);
  format_ = format;
  position_ns_ = 0;
  task_.reset(gst_task_new(run, this, nullptr));
  gst_task_set_lock(task_.get(), &task_lock_);
  const std::string name = std::string(GST_OBJECT_NAME(element_)) + ":events";
  gst_object_set_name(GST_OBJECT(task_.get()), name.c_str());

  const std::lock_guard guard(mutex_);
  start_due_ = segment_due_ = true;
  group_id_.reset();
  interrupted_ = ended_ = failed_ = warned_ = false;
  undelivered_ = 0;
}

void EventsPad::interrupt() {
  const std::lock_guard guard(mutex_);
  interrupted_ = true;
  changed_.notify_all();
}

void EventsPad::close() {
  if (task_ == nullptr) return;
  settle();  // else the task, about to pause, would undo what join does to its state
  gst_task_join(task_.get());
  task_.reset();
  stream_.reset();
}

void EventsPad::begin_stream(std::optional<guint> group_id) {
  const std::lock_guard guard(mutex_);
  group_id_ = group_id;
  start_due_ = segment_due_ = true;
}

void EventsPad::start() { gst_task_start(task_.get()); }

bool EventsPad::wait_until_ended(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return ended_ || interrupted_; });
  return ended_;
}

void EventsPad::restart() {
  settle();
  const std::lock_guard guard(mutex_);
  start_due_ = segment_due_ = true;
  ended_ = failed_ = false;
}

void EventsPad::flush_start() {
  interrupt();
  if (const GstRef<GstPad> pad = current_pad()) {
    gst_pad_push_event(pad.get(), gst_event_new_flush_start());
  }
}

void EventsPad::flush_stop(bool reset_time) {
  settle();
  if (reset_time) position_ns_ = 0;
  bool header_lost = false;
  if (const GstRef<GstPad> pad = current_pad()) {
    gst_pad_push_event(pad.get(), gst_event_new_flush_stop(reset_time ? TRUE : FALSE));
    // A flush leaves what was sent, but eats what it meets on the way.
    const GstRef<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
    header_lost = caps == nullptr;
  }
  const std::lock_guard guard(mutex_);
  start_due_ = start_due_ || header_lost;
  segment_due_ = true;
  interrupted_ = ended_ = failed_ = false;
}

// Waits for the iteration that the task is at; it holds task_lock_ that long.
void EventsPad::settle() {
  if (gst_task_get_state(task_.get()) == GST_TASK_STOPPED) return;  // never started
  gst_task_pause(task_.get());
  g_rec_mutex_lock(&task_lock_);
  g_rec_mutex_unlock(&task_lock_);
}

bool EventsPad::interrupted() const {
  const std::lock_guard guard(mutex_);
  return interrupted_;
}

bool EventsPad::delivers() const {
  const GstRef<GstPad> pad = current_pad();
  if (pad == nullptr || !gst_pad_is_linked(pad.get())) return false;
  const std::lock_guard guard(mutex_);
  return !failed_;
}

uint64_t EventsPad::undelivered() const {
  const std::lock_guard guard(mutex_);
  return undelivered_;
}

GstRef<GstPad> EventsPad::current_pad() const {
  const std::lock_guard guard(mutex_);
  return share(pad_.get());
}

void EventsPad::run(gpointer self) { static_cast<EventsPad*>(self)->iterate(); }

void EventsPad::iterate() {
  pad_with_header();
  const EventQueue::Taken taken = stream_->next(kGapInterval);
  switch (taken.state) {
    case EventQueue::State::kLine:
      messages_.post(taken.line);
      push_line(taken.line);
      break;
    case EventQueue::State::kTimeout:
      if (const GstRef<GstPad> pad = pad_with_header()) push_gap(pad.get());
      break;
    case EventQueue::State::kFinished:
      push_eos();
      gst_task_pause(task_.get());
      break;
    case EventQueue::State::kCancelled:
      gst_task_pause(task_.get());
      break;
  }
}

// The pad with the events in front that make it ready for data, if any are due; null when there is
// none or it takes no more data.
GstRef<GstPad> EventsPad::pad_with_header() {
  std::unique_lock lock(mutex_);
  if (pad_ == nullptr || failed_) return nullptr;
  GstRef<GstPad> pad = share(pad_.get());
  const bool start = std::exchange(start_due_, false);
  const bool segment = std::exchange(segment_due_, false);
  const std::optional<guint> group_id = group_id_;
  lock.unlock();

  if (start) push_header(pad.get(), group_id);
  if (segment) {
    // Its running time is its time stamps: both are the running time of the video.
    GstSegment time;
    gst_segment_init(&time, GST_FORMAT_TIME);
    gst_pad_push_event(pad.get(), gst_event_new_segment(&time));
    // At once, not in a second: a sink waits here for its preroll, and the pipeline for the sink.
    push_gap(pad.get());
  }
  return pad;
}

void EventsPad::push_header(GstPad* pad, std::optional<guint> group_id) {
  gchar* stream_id = gst_pad_create_stream_id(pad, element_, "events");
  GstEvent* event = gst_event_new_stream_start(stream_id);
  g_free(stream_id);
  gst_event_set_stream_flags(event, GST_STREAM_FLAG_SPARSE);
  if (group_id) gst_event_set_group_id(event, *group_id);
  gst_pad_push_event(pad, event);

  const GstRef<GstCaps> caps(
      gst_caps_new_simple("application/x-json", "format", G_TYPE_STRING, format_, nullptr));
  gst_pad_push_event(pad, gst_event_new_caps(caps.get()));
}

void EventsPad::push_gap(GstPad* pad) {
  gst_pad_push_event(
      pad, gst_event_new_gap(static_cast<GstClockTime>(position_ns_), GST_CLOCK_TIME_NONE));
}

void EventsPad::push_line(const EventLine& line) {
  position_ns_ = std::max<int64_t>(line.time_ns, 0);
  const GstRef<GstPad> pad = pad_with_header();
  if (pad == nullptr) {
    const std::lock_guard guard(mutex_);
    if (pad_ != nullptr) ++undelivered_;  // without a pad nobody wanted it
    return;
  }
  const std::string text = line.json + '\n';
  GstBuffer* buffer = gst_buffer_new_memdup(text.data(), text.size());
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(position_ns_);
  account(gst_pad_push(pad.get(), buffer));
}

// On a pad that failed, too: a pipeline waits for the EOS of all its sinks.
void EventsPad::push_eos() {
  pad_with_header();
  if (const GstRef<GstPad> pad = current_pad()) {
    gst_pad_push_event(pad.get(), gst_event_new_eos());
  }
  const std::lock_guard guard(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void EventsPad::account(GstFlowReturn flow) {
  if (flow == GST_FLOW_OK) return;
  bool warn = false;
  {
    const std::lock_guard guard(mutex_);
    ++undelivered_;
    // A pad that is not linked may be linked later; one that failed or has ended stays so.
    failed_ = flow != GST_FLOW_NOT_LINKED && flow != GST_FLOW_FLUSHING;
    warn = !warned_ && flow != GST_FLOW_FLUSHING && flow != GST_FLOW_EOS;
    warned_ = warned_ || warn;
  }
  if (warn) {
    GST_ELEMENT_WARNING(element_, STREAM, FAILED,
                        ("events are lost, the pad `events` answers %s", gst_flow_get_name(flow)),
                        ("the video runs on; further losses are counted in stats"));
  }
}

}  // namespace deepstack::gst
