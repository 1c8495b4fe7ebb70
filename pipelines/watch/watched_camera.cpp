#include "pipelines/watch/watched_camera.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/camera/redact.h"
#include "core/printable.h"
#include "pipelines/watch/analyser_settings.h"
#include "pipelines/watch/camera_source.h"

namespace deepstack {
namespace {

constexpr const char* kStopped = "deepstack-watch-stopped";

uint64_t counter(const GstStructure* stats, const char* name) {
  guint64 value = 0;
  gst_structure_get_uint64(stats, name, &value);
  return value;
}

std::string text_field(const GstStructure* fields, const char* name) {
  const char* text = gst_structure_get_string(fields, name);
  return text == nullptr ? "" : text;
}

std::string file_path(const std::string& input) {
  if (input.find("://") == std::string::npos) return printable(input);
  const Owned<gchar> path(g_filename_from_uri(input.c_str(), nullptr, nullptr));
  return path == nullptr ? "" : printable(path.get());
}

std::string message_text(GstMessage* message) {
  GError* error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, nullptr);
  } else {
    gst_message_parse_warning(message, &error, nullptr);
  }
  const Owned<GError> owned(error);
  return printable(Redactor().apply(error->message));
}

}  // namespace

Result<std::unique_ptr<WatchedCamera>> WatchedCamera::create(const WatchOptions& options,
                                                             size_t number, LineOutput& output,
                                                             Callbacks callbacks) {
  Result<GstElement*> source = make_camera_source(options, number);
  if (!source.ok()) return source.status();
  std::unique_ptr<WatchedCamera> camera(
      new WatchedCamera(options, number, output, std::move(callbacks)));
  if (Status status = camera->build(*source, options); !status.ok()) return status;
  return camera;
}

WatchedCamera::WatchedCamera(const WatchOptions& options, size_t number, LineOutput& output,
                             Callbacks callbacks)
    : place_(file_path(options.inputs.at(number))),
      output_(output),
      callbacks_(std::move(callbacks)) {
  status_.name = options.names.at(number);
}

Status WatchedCamera::build(GstElement* source, const WatchOptions& options) {
  pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(status_.name.c_str()))));
  GstElement* convert = gst_element_factory_make("videoconvert", nullptr);
  analyser_ = gst_element_factory_make("deepstack", nullptr);
  GstElement* video_sink = gst_element_factory_make("fakesink", nullptr);
  GstElement* line_sink = gst_element_factory_make("fakesink", nullptr);
  for (GstElement* element : {source, convert, analyser_, video_sink, line_sink}) {
    if (element == nullptr) return internal("an element of GStreamer is missing");
    gst_bin_add(GST_BIN(pipeline_.get()), element);
  }
  Settings settings = options.settings;
  settings.source = status_.name;
  apply_settings(analyser_, settings);
  // The lines come by the pad; a bus that nobody but this class reads need not carry them as well.
  g_object_set(analyser_, "post-messages", FALSE, "post-stats", FALSE, nullptr);
  // Neither sink waits: not for its time, and not for a camera that is away.
  for (GstElement* sink : {video_sink, line_sink}) {
    g_object_set(sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, nullptr);
  }
  g_object_set(line_sink, "signal-handoffs", TRUE, nullptr);
  g_signal_connect(line_sink, "handoff", G_CALLBACK(on_line), this);
  if (!gst_element_link_many(source, convert, analyser_, video_sink, nullptr) ||
      !gst_element_link_pads(analyser_, "events", line_sink, "sink")) {
    return internal("the elements cannot be linked");
  }
  const Owned<GstPad> pad(gst_element_get_static_pad(source, "src"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo*, gpointer closed) {
        return *static_cast<std::atomic<bool>*>(closed) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
      },
      &closed_, nullptr);
  // Else the message that says so would be flushed with the state that it tells of.
  gst_pipeline_set_auto_flush_bus(GST_PIPELINE(pipeline_.get()), FALSE);
  const Owned<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  gst_bus_add_watch(bus.get(), on_message, this);
  return {};
}

WatchedCamera::~WatchedCamera() {
  if (pipeline_ == nullptr) return;
  const Owned<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  gst_bus_remove_watch(bus.get());
  gst_bus_set_flushing(bus.get(), TRUE);
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

// The element that fails says why; this error comes after its own, and counts only without it.
void WatchedCamera::start() {
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) return;
  GST_ELEMENT_ERROR(pipeline_.get(), CORE, STATE_CHANGE, ("cannot be started"), (nullptr));
}

void WatchedCamera::drain() {
  if (stopping_ || closed_) return;
  // An input that gave no frame has nothing under way.
  if (refresh().frames == 0) {
    change(WatchState::kEnded, "");
    stop();
    return;
  }
  closed_ = true;
  change(WatchState::kDraining, "");
  gst_element_call_async(
      analyser_,
      [](GstElement* analyser, gpointer) {
        const Owned<GstPad> pad(gst_element_get_static_pad(analyser, "sink"));
        gst_pad_send_event(pad.get(), gst_event_new_eos());
      },
      nullptr, nullptr);
}

void WatchedCamera::stop() {
  refresh();  // the counters are gone with the state
  if (std::exchange(stopping_, true)) return;
  closed_ = true;
  gst_element_call_async(
      pipeline_.get(),
      [](GstElement* pipeline, gpointer) {
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_element_post_message(
            pipeline,
            gst_message_new_application(GST_OBJECT(pipeline), gst_structure_new_empty(kStopped)));
      },
      nullptr, nullptr);
}

void WatchedCamera::change(WatchState state, std::string reason) {
  if (is_over(status_.state)) return;
  if (status_.state == WatchState::kDraining && !is_over(state)) return;
  const bool changed = state != status_.state;
  status_.state = state;
  status_.reason = std::move(reason);
  if (changed) callbacks_.on_change();
}

gboolean WatchedCamera::on_message(GstBus* /*bus*/, GstMessage* message, gpointer self) {
  auto* camera = static_cast<WatchedCamera*>(self);
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      camera->on_error(message);
      break;
    case GST_MESSAGE_WARNING:
      camera->on_warning(message);
      break;
    case GST_MESSAGE_EOS:
      camera->change(camera->cut_short_.empty() ? WatchState::kEnded : WatchState::kFailed,
                     camera->cut_short_);
      camera->stop();
      break;
    case GST_MESSAGE_ELEMENT:
      camera->on_camera_message(gst_message_get_structure(message));
      break;
    case GST_MESSAGE_APPLICATION:
      if (gst_message_has_name(message, kStopped)) {
        camera->stopped_ = true;
        camera->callbacks_.on_change();
      }
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

void WatchedCamera::on_line(GstElement* /*sink*/, GstBuffer* buffer, GstPad* /*pad*/,
                            gpointer self) {
  auto* camera = static_cast<WatchedCamera*>(self);
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
  camera->output_.write({reinterpret_cast<const char*>(map.data), map.size});
  gst_buffer_unmap(buffer, &map);
  ++camera->lines_;
}

void WatchedCamera::on_error(GstMessage* message) {
  const std::string text = message_text(message);
  change(WatchState::kFailed, place_.empty() ? text : place_ + ": " + text);
  stop();
}

// While it drains the element warns of one thing: that it does not wait for the last frames any more.
void WatchedCamera::on_warning(GstMessage* message) {
  if (status_.state == WatchState::kDraining) cut_short_ = message_text(message);
  if (!is_over(status_.state)) callbacks_.on_warning(message_text(message));
}

void WatchedCamera::on_camera_message(const GstStructure* fields) {
  if (!gst_structure_has_name(fields, "deepstack-camera")) return;
  const std::optional<WatchState> state = state_of(text_field(fields, "state"));
  if (!state || is_over(*state)) return;  // EOS or an error follows, and says which of the two
  status_.reconnects = std::max(status_.reconnects, counter(fields, "reconnects"));
  if (const uint64_t away_ms = counter(fields, "away-ms"); away_ms > 0) {
    status_.away_s = static_cast<double>(away_ms) / 1e3;
  }
  change(*state, printable(text_field(fields, "reason")));
}

const CameraStatus& WatchedCamera::refresh() {
  if (stopped_ || stopping_) return status_;
  GstStructure* stats = nullptr;
  g_object_get(analyser_, "stats", &stats, nullptr);
  const Owned<GstStructure> owned(stats);
  status_.frames = counter(stats, "frames-in");
  status_.analysed = counter(stats, "frames-analysed");
  status_.dropped = counter(stats, "frames-dropped");
  status_.tracks = counter(stats, "tracks");
  status_.identities = counter(stats, "identities");
  status_.lines = lines_;
  return status_;
}

}  // namespace deepstack
