/**
 * SECTION:element-deepstackeventsink
 * @title: deepstackeventsink
 *
 * Publishes JSON lines (the `events` pad of `deepstack`, or any other `application/x-json`) to an
 * MQTT broker, Kafka, files or stdout: in order, each at least once. Lines wait in a bounded spool
 * while the broker is away, also beyond the process with `spool-location`; the pipeline never waits
 * for it. Says how it is by element messages `deepstack-sink`.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=in.mp4 ! decodebin ! videoconvert ! deepstack name=d
 * source=door \ d.src ! fakesink  d.events ! deepstackeventsink
 * uri="mqtt://localhost/deepstack/{source}/{event}"
 * ]|
 *
 * Since: 0.1
 */
// Threads: applications come with states and properties; the streaming thread with buffers and EOS;
// the publication's own. `lock` is a leaf.
#include "gst-plugin/event_sink.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/publish/publication.h"
#include "gst-plugin/event_sink_messages.h"
#include "gst-plugin/event_sink_settings.h"
#include "gst-plugin/status_message.h"

GST_DEBUG_CATEGORY(gst_deepstack_event_sink_debug);
#define GST_CAT_DEFAULT gst_deepstack_event_sink_debug

namespace {

using deepstack::Publication;
using deepstack::Result;
using deepstack::Status;
using deepstack::gst::EventSinkSettings;

guint stats_property_id = 0;  // after the settings; written once, with the class

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                                                             GST_STATIC_CAPS("application/x-json"));

struct SinkState {
  std::shared_ptr<Publication> current() const {
    const std::lock_guard guard(lock);
    return publication;
  }

  mutable std::mutex lock;
  EventSinkSettings settings;                // guarded by lock
  std::shared_ptr<Publication> publication;  // guarded by lock; null in NULL
};

}  // namespace

struct _GstDeepstackEventSink {
  GstBaseSink parent;
  SinkState* state;
};

G_DEFINE_TYPE(GstDeepstackEventSink, gst_deepstack_event_sink, GST_TYPE_BASE_SINK)

GST_ELEMENT_REGISTER_DEFINE(deepstackeventsink, "deepstackeventsink", GST_RANK_NONE,
                            GST_TYPE_DEEPSTACK_EVENT_SINK)

namespace {

SinkState& state_of(gpointer object) { return *GST_DEEPSTACK_EVENT_SINK(object)->state; }

Status open(GstElement* element) {
  SinkState& state = state_of(element);
  deepstack::PublishSettings settings;
  {
    const std::lock_guard guard(state.lock);
    settings = state.settings.publishing;
  }
  Result<std::unique_ptr<Publication>> opened =
      Publication::open(settings, deepstack::gst::post_notices(element));
  if (!opened.ok()) return opened.status();
  const std::lock_guard guard(state.lock);
  state.publication = *std::move(opened);
  return {};
}

void close(SinkState& state) {
  std::shared_ptr<Publication> last;
  {
    const std::lock_guard guard(state.lock);
    last = std::move(state.publication);
  }
  if (last != nullptr) last->stop();
}

// Opened in READY, so that what is wrong is said there; anew for each time it runs.
GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  SinkState& state = state_of(element);
  const bool opens = transition == GST_STATE_CHANGE_NULL_TO_READY ||
                     (transition == GST_STATE_CHANGE_READY_TO_PAUSED && state.current() == nullptr);
  if (const Status status = opens ? open(element) : Status(); !status.ok()) {
    deepstack::gst::post_error(element, status);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) state.current()->start();
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_deepstack_event_sink_parent_class)->change_state(element, transition);
  const bool failed = result == GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      transition == GST_STATE_CHANGE_READY_TO_NULL ||
      (failed && transition == GST_STATE_CHANGE_READY_TO_PAUSED)) {
    close(state);
  }
  return result;
}

// One line each, or several; the last may lack its end.
void put_lines(Publication& publication, std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) publication.put(std::string(line));
  }
}

GstFlowReturn render(GstBaseSink* sink, GstBuffer* buffer) {
  const std::shared_ptr<Publication> publication = state_of(sink).current();
  GstMapInfo map;
  if (publication == nullptr || gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) {
    return GST_FLOW_ERROR;
  }
  put_lines(*publication, {reinterpret_cast<const char*>(map.data), map.size});
  gst_buffer_unmap(buffer, &map);
  return GST_FLOW_OK;
}

gboolean on_event(GstBaseSink* sink, GstEvent* event) {
  SinkState& state = state_of(sink);
  const std::shared_ptr<Publication> publication = state.current();
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS && publication != nullptr) {
    guint patience_ms = 0;
    {
      const std::lock_guard guard(state.lock);
      patience_ms = state.settings.drain_timeout_ms;
    }
    const uint64_t left = publication->drain(std::chrono::milliseconds(patience_ms));
    GST_INFO_OBJECT(sink, "end of stream, %" G_GUINT64_FORMAT " lines left", guint64{left});
  }
  return GST_BASE_SINK_CLASS(gst_deepstack_event_sink_parent_class)->event(sink, event);
}

gboolean unlock(GstBaseSink* sink) {
  if (const auto publication = state_of(sink).current()) publication->interrupt();
  return TRUE;
}

gboolean unlock_stop(GstBaseSink* sink) {
  if (const auto publication = state_of(sink).current()) publication->resume();
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  SinkState& state = state_of(object);
  const std::lock_guard guard(state.lock);
  if (!deepstack::gst::set_event_sink_setting(state.settings, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const SinkState& state = state_of(object);
  if (id == stats_property_id) {
    const std::shared_ptr<Publication> publication = state.current();
    g_value_take_boxed(value, publication == nullptr
                                  ? gst_structure_new_empty("deepstack-sink-stats")
                                  : deepstack::gst::event_sink_stats(publication->stats()));
    return;
  }
  const std::lock_guard guard(state.lock);
  if (!deepstack::gst::get_event_sink_setting(state.settings, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) {
  delete &state_of(object);
  G_OBJECT_CLASS(gst_deepstack_event_sink_parent_class)->finalize(object);
}

}  // namespace

static void gst_deepstack_event_sink_class_init(GstDeepstackEventSinkClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_deepstack_event_sink_debug, "deepstackeventsink", 0,
                          "DeepStack event sink");

  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  stats_property_id = deepstack::gst::install_event_sink_settings(object_class);
  g_object_class_install_property(
      object_class, stats_property_id,
      g_param_spec_boxed("stats", "Statistics",
                         "state (connecting, ok, degraded, disconnected, refused), uri, "
                         "last-error; since the element was started: received, recovered (of the "
                         "last run), published, rejected (by the broker), dropped, spooled, "
                         "spooled-bytes, reconnects, spool-errors",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(static_cast<int>(G_PARAM_READABLE) |
                                                  static_cast<int>(G_PARAM_STATIC_STRINGS))));

  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  GstBaseSinkClass* sink_class = GST_BASE_SINK_CLASS(klass);
  sink_class->render = render;
  sink_class->event = on_event;
  sink_class->unlock = unlock;
  sink_class->unlock_stop = unlock_stop;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_set_static_metadata(
      element_class, "DeepStack event sink", "Sink/Metadata/Network",
      "Publishes JSON events to MQTT, Kafka, files or stdout", "gst-deepstack authors");
}

static void gst_deepstack_event_sink_init(GstDeepstackEventSink* self) {
  self->state = new SinkState;
  // Events are written when they come, not when their frame is shown; and nothing waits for them.
  gst_base_sink_set_sync(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_async_enabled(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_last_sample_enabled(GST_BASE_SINK(self), FALSE);
}
