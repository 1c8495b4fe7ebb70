/**
 * SECTION:element-deepstack
 * @title: deepstack
 *
 * Recognises again who or what was seen before. Samples the video that passes, runs a Vision
 * Transformer with DeepStack multi-level fusion on detections in it, follows them over time,
 * matches them against a gallery of identities and sends what it finds as JSON lines to its
 * `events` pad. The video itself passes untouched and at once.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=vtest.avi ! decodebin ! videoconvert ! deepstack name=d \
 *     d.src ! fakesink  d.events ! filesink location=events.jsonl
 * ]| Writes a line for every person that comes, moves, leaves or comes back.
 *
 * Since: 0.1
 */
// Threads: the streaming thread brings buffers and events (deepstack_flow.cpp), a task pushes the
// lines (events_pad.cpp), core::Stream has a worker, applications come with states and properties.
// Lock order: the stream lock of the sink pad, then EventsPad::task_lock_ (a flush or a new stream
// waits for the task to stand still; the task never takes the stream lock). ElementState::lock and
// EventsPad::mutex_ are leaves, never held while calling out. Nothing of ours is held across a
// push, but for task_lock_, which belongs to the task.
#include "gst-plugin/deepstack_element.h"

#include <utility>

#include "core/event/event_converter.h"
#include "gst-plugin/deepstack_flow.h"
#include "gst-plugin/deepstack_properties.h"
#include "gst-plugin/deepstack_state.h"
#include "gst-plugin/deepstack_stats.h"
#include "gst-plugin/file_settings.h"
#include "gst-plugin/status_message.h"

#define GST_CAT_DEFAULT gst_deepstack_debug
GST_DEBUG_CATEGORY(gst_deepstack_debug);

G_DEFINE_TYPE(GstDeepstack, gst_deepstack, GST_TYPE_ELEMENT)

GST_ELEMENT_REGISTER_DEFINE(deepstack, "deepstack", GST_RANK_NONE, GST_TYPE_DEEPSTACK)

namespace {

using deepstack::Encoder;
using deepstack::Result;
using deepstack::Settings;
using deepstack::Status;
using deepstack::SteadyClock;
using deepstack::Stream;
using deepstack::StreamStats;
using deepstack::gst::ElementState;
using deepstack::gst::VideoFlow;

constexpr guint kFirstSetting = 1;  // property ids; 0 is GObject's
guint stats_property_id = 0;          // after the settings; written once, with the class
guint post_messages_property_id = 0;  // after stats
guint config_file_property_id = 0;    // after post-messages
guint post_stats_property_id = 0;     // after config-file

#define DEEPSTACK_VIDEO_CAPS \
  GST_VIDEO_CAPS_MAKE("{ RGB, BGR, RGBA, BGRA, RGBx, BGRx, GRAY8, I420, NV12 }")

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                                                             GST_STATIC_CAPS(DEEPSTACK_VIDEO_CAPS));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                                                            GST_STATIC_CAPS(DEEPSTACK_VIDEO_CAPS));
GstStaticPadTemplate events_template =
    GST_STATIC_PAD_TEMPLATE("events", GST_PAD_SRC, GST_PAD_REQUEST,
                            GST_STATIC_CAPS("application/x-json, format=(string){ deepstack-1, dlstreamer, "
                                            "deepstream-minimal, onvif-mj, frigate }"));

Settings settings_of(const ElementState& state) {
  const std::lock_guard guard(state.lock);
  return state.settings;
}

// NULL to READY.
Status check_settings(const ElementState& state) {
  Settings settings;
  {
    const std::lock_guard guard(state.lock);
    if (!state.settings_file_status.ok()) return state.settings_file_status;
    settings = state.settings;
  }
  return settings.validate();
}

// READY to PAUSED.
Status open_stream(GstDeepstack* self) {
  ElementState& state = *self->state;
  const Settings settings = settings_of(state);
  std::shared_ptr<Encoder> encoder;
  {
    const std::lock_guard guard(state.lock);
    encoder = state.scripted_encoder;
  }
  if (encoder == nullptr) {
    Result<std::shared_ptr<Encoder>> opened = deepstack::open_encoder(settings);
    if (!opened.ok()) return opened.status();
    encoder = *opened;
  }
  Result<std::unique_ptr<Stream>> opened =
      Stream::open(settings, encoder, std::make_shared<SteadyClock>(),
                   deepstack::gst::warning_while_alive(GST_ELEMENT(self)),
                   state.infer_record.writer());
  if (!opened.ok()) return opened.status();

  std::shared_ptr<Stream> stream = *std::move(opened);
  state.flow = VideoFlow();
  state.flow.attach_meta = settings.attach_meta;
  state.flow.drain_timeout_ms = settings.drain_timeout_ms;
  state.events.open(stream, deepstack::event_format(settings.schema));
  state.stats_messages.start();
  const std::lock_guard guard(state.lock);
  state.stream = std::move(stream);
  state.model = encoder->info();
  return {};
}

// Before the pads are deactivated, which waits for the streaming thread: whatever that waits for
// in the stream or in the events pad ends now.
void interrupt_stream(ElementState& state) {
  state.events.interrupt();
  if (const std::shared_ptr<Stream> stream = state.running_stream()) stream->cancel();
}

// After the pads are deactivated. A worker that the model keeps is left to itself.
void close_stream(ElementState& state) {
  state.stats_messages.stop();
  state.events.close();
  std::shared_ptr<Stream> last;
  {
    const std::lock_guard guard(state.lock);
    last = std::move(state.stream);
    state.model = {};
  }
  state.flow = VideoFlow();
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  ElementState& state = *GST_DEEPSTACK(element)->state;
  Status status;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) status = check_settings(state);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) status = open_stream(GST_DEEPSTACK(element));
  if (!status.ok()) {
    deepstack::gst::post_error(element, status);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) interrupt_stream(state);

  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_deepstack_parent_class)->change_state(element, transition);

  const bool start_failed =
      transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE;
  if (start_failed) interrupt_stream(state);
  if (start_failed || transition == GST_STATE_CHANGE_PAUSED_TO_READY) close_stream(state);
  return result;
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar* /*name*/,
                        const GstCaps* /*caps*/) {
  return GST_DEEPSTACK(element)->state->events.request(pad_template);
}

void release_pad(GstElement* element, GstPad* pad) {
  GST_DEEPSTACK(element)->state->events.release(pad);
}

void set_config_file(GObject* object, const gchar* path) {
  Status status;
  if (path != nullptr && *path != '\0') {
    status = deepstack::gst::set_from_file(object, path, deepstack::gst::setting_names());
  }
  ElementState& state = *GST_DEEPSTACK(object)->state;
  const std::lock_guard guard(state.lock);
  state.settings_file = path == nullptr ? "" : path;
  state.settings_file_status = std::move(status);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  ElementState& state = *GST_DEEPSTACK(object)->state;
  if (id == config_file_property_id) {
    set_config_file(object, g_value_get_string(value));
    return;
  }
  if (id == post_messages_property_id) {
    state.events.messages().set_enabled(g_value_get_boolean(value) != FALSE);
    return;
  }
  if (id == post_stats_property_id) {
    state.stats_messages.set_enabled(g_value_get_boolean(value) != FALSE);
    return;
  }
  const std::lock_guard guard(state.lock);
  if (!deepstack::gst::set_setting(state.settings, id - kFirstSetting, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

GstStructure* make_stats(const ElementState& state) {
  const std::shared_ptr<Stream> stream = state.running_stream();
  const StreamStats stats = stream == nullptr ? StreamStats{} : stream->stats();
  deepstack::ModelInfo model;
  {
    const std::lock_guard guard(state.lock);
    model = state.model;
  }
  return deepstack::gst::stats_structure(stats, model, state.events.undelivered());
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const ElementState& state = *GST_DEEPSTACK(object)->state;
  if (id == stats_property_id) {
    g_value_take_boxed(value, make_stats(state));
    return;
  }
  if (id == post_messages_property_id) {
    g_value_set_boolean(value, state.events.messages().enabled() ? TRUE : FALSE);
    return;
  }
  if (id == post_stats_property_id) {
    g_value_set_boolean(value, state.stats_messages.enabled() ? TRUE : FALSE);
    return;
  }
  const std::lock_guard guard(state.lock);
  if (id == config_file_property_id) {
    g_value_set_string(value, state.settings_file.c_str());
    return;
  }
  if (!deepstack::gst::get_setting(state.settings, id - kFirstSetting, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) {
  delete GST_DEEPSTACK(object)->state;
  G_OBJECT_CLASS(gst_deepstack_parent_class)->finalize(object);
}

void install_post_stats(GObjectClass* object_class) {
  g_object_class_install_property(
      object_class, post_stats_property_id,
      g_param_spec_boolean("post-stats", "Post stats",
                           "Post stats as an element message on the bus once a second; may be "
                           "changed at any time",
                           TRUE,
                           static_cast<GParamFlags>(static_cast<int>(G_PARAM_READWRITE) |
                                                    static_cast<int>(GST_PARAM_MUTABLE_PLAYING) |
                                                    static_cast<int>(G_PARAM_STATIC_STRINGS))));
}

}  // namespace

static void gst_deepstack_class_init(GstDeepstackClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_deepstack_debug, "deepstack", 0, "DeepStack video analysis");

  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  stats_property_id = deepstack::gst::install_settings(object_class, kFirstSetting);
  g_object_class_install_property(
      object_class, stats_property_id,
      g_param_spec_boxed("stats", "Statistics",
                         "Counters since the element was started: frames-in, frames-sampled, "
                         "frames-analysed, frames-dropped, frames-failed, events, "
                         "events-dropped, events-undelivered, values-replaced, gallery-evictions, "
                         "gallery-views-evicted, store-errors; now: tracks, identities, "
                         "gallery-bytes, events-queued; of the last frame: inference-ms, queue-ms, "
                         "pre-ms, infer-ms, post-ms; average-depth: share of "
                         "the model's blocks, 0..1, run for a box; model, precision; fusion: trained, "
                         "or mean for a model without adapters",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(static_cast<int>(G_PARAM_READABLE) |
                                                  static_cast<int>(G_PARAM_STATIC_STRINGS))));
  post_messages_property_id = stats_property_id + 1;
  g_object_class_install_property(
      object_class, post_messages_property_id,
      g_param_spec_boolean("post-messages", "Post messages",
                           "Post events, but for update, as element messages on the bus, at most 20 "
                           "a second; may be changed at any time",
                           TRUE,
                           static_cast<GParamFlags>(static_cast<int>(G_PARAM_READWRITE) |
                                                    static_cast<int>(GST_PARAM_MUTABLE_PLAYING) |
                                                    static_cast<int>(G_PARAM_STATIC_STRINGS))));
  config_file_property_id = post_messages_property_id + 1;
  g_object_class_install_property(
      object_class, config_file_property_id,
      g_param_spec_string("config-file", "Config file",
                          "JSON object of properties by name, read when this is set: what is set "
                          "after it wins",
                          "",
                          static_cast<GParamFlags>(static_cast<int>(G_PARAM_READWRITE) |
                                                   static_cast<int>(GST_PARAM_MUTABLE_READY) |
                                                   static_cast<int>(G_PARAM_STATIC_STRINGS))));

  post_stats_property_id = config_file_property_id + 1;
  install_post_stats(object_class);
  deepstack::gst::install_infer_record();

  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_add_static_pad_template(element_class, &events_template);
  gst_element_class_set_static_metadata(element_class, "DeepStack video analyser",
                                        "Filter/Analyzer/Video",
                                        "Recognises people and things again across frames, sends "
                                        "JSON events, never holds up the video",
                                        "gst-deepstack authors");
}

static void gst_deepstack_init(GstDeepstack* self) {
  self->state = new ElementState(GST_ELEMENT(self), [](GstElement* element) {
    return make_stats(*GST_DEEPSTACK(element)->state);
  });
  self->sink_pad = gst_pad_new_from_static_template(&sink_template, "sink");
  self->src_pad = gst_pad_new_from_static_template(&src_template, "src");
  deepstack::gst::install_flow(self->sink_pad, self->src_pad);
  gst_element_add_pad(GST_ELEMENT(self), self->sink_pad);
  gst_element_add_pad(GST_ELEMENT(self), self->src_pad);
}

void gst_deepstack_set_encoder(GstDeepstack* self, std::shared_ptr<deepstack::Encoder> encoder) {
  const std::lock_guard guard(self->state->lock);
  self->state->scripted_encoder = std::move(encoder);
}
