/**
 * SECTION:element-deepstackcamerasrc
 * @title: deepstackcamerasrc
 *
 * Decoded video of a camera (RTSP, HTTP) or a file, which does not end when the camera goes away:
 * it notices, says so (element messages `deepstack-camera`, and events of that name downstream),
 * tries again, and goes on in the same stream. Only what comes from a file, or has a length, ends.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m deepstackcamerasrc uri=rtsp://10.0.0.5/live credentials-file=camera1 ! \
 *     videoconvert ! deepstack name=d  d.src ! fakesink  d.events ! filesink location=events.jsonl
 * ]| Writes what the camera sees, and `camera.lost` and `camera.back` when it goes and comes.
 *
 * Since: 0.1
 */
// Threads: applications come with states and properties; CameraWorker's own; those of a connection.
// Lock order: the stream lock of the gate's sink pad, then CameraWorker's mutex; `lock` is a leaf.
#include "gst-plugin/camera_source.h"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "gst-plugin/camera_gate.h"
#include "gst-plugin/camera_settings.h"
#include "gst-plugin/camera_worker.h"
#include "gst-plugin/gst_ref.h"
#include "gst-plugin/status_message.h"

GST_DEBUG_CATEGORY(gst_deepstack_camera_debug);
#define GST_CAT_DEFAULT gst_deepstack_camera_debug

namespace {

using deepstack::Result;
using deepstack::gst::CameraPlan;
using deepstack::gst::CameraSettings;
using deepstack::gst::CameraWorker;
using deepstack::gst::GstRef;

guint stats_property_id = 0;  // after the settings; written once, with the class

GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                                                            GST_STATIC_CAPS("video/x-raw(ANY)"));

struct SourceState {
  // Any thread; null below PAUSED.
  std::shared_ptr<CameraWorker> running_worker() const {
    const std::lock_guard guard(lock);
    return worker;
  }

  mutable std::mutex lock;
  CameraSettings settings;               // guarded by lock
  std::shared_ptr<CameraWorker> worker;  // guarded by lock
  GstElement* gate = nullptr;            // owned by the bin
};

}  // namespace

struct _GstDeepstackCameraSrc {
  GstBin parent;
  SourceState* state;
};

G_DEFINE_TYPE(GstDeepstackCameraSrc, gst_deepstack_camera_src, GST_TYPE_BIN)

GST_ELEMENT_REGISTER_DEFINE(deepstackcamerasrc, "deepstackcamerasrc", GST_RANK_NONE,
                            GST_TYPE_DEEPSTACK_CAMERA_SRC)

namespace {

SourceState& state_of(gpointer object) { return *GST_DEEPSTACK_CAMERA_SRC(object)->state; }

Result<CameraPlan> plan_of(const SourceState& state) {
  CameraSettings settings;
  {
    const std::lock_guard guard(state.lock);
    settings = state.settings;
  }
  return deepstack::gst::plan_camera(settings);
}

deepstack::Status open_worker(GstElement* element) {
  SourceState& state = state_of(element);
  Result<CameraPlan> plan = plan_of(state);
  if (!plan.ok()) return plan.status();
  deepstack::gst::camera_gate_open(state.gate, plan->address.is_rtsp() || plan->address.is_http(),
                                   plan->latency_ms * GST_MSECOND);
  auto worker = std::make_shared<CameraWorker>(GST_BIN(element), state.gate, *std::move(plan));
  const std::lock_guard guard(state.lock);
  state.worker = std::move(worker);
  return {};
}

// After the pads are inactive: the connection's threads are not held up downstream any more.
void close_worker(SourceState& state) {
  std::shared_ptr<CameraWorker> last;
  {
    const std::lock_guard guard(state.lock);
    last = std::move(state.worker);
  }
  last->close();
}

// What must be before the bin's children change, and what after. A camera plays with the pipeline;
// a file is read from PAUSED on, as its first frame is waited for.
deepstack::Status before_change(GstElement* element, GstStateChange transition) {
  const SourceState& state = state_of(element);
  const std::shared_ptr<CameraWorker> worker = state.running_worker();
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      return plan_of(state).status();
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      return open_worker(element);
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      if (worker->live()) worker->pause();
      return {};
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      worker->interrupt();
      return {};
    default:
      return {};
  }
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  SourceState& state = state_of(element);
  if (const deepstack::Status status = before_change(element, transition); !status.ok()) {
    deepstack::gst::post_error(element, status);
    return GST_STATE_CHANGE_FAILURE;
  }
  GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_deepstack_camera_src_parent_class)->change_state(element, transition);

  const std::shared_ptr<CameraWorker> worker = state.running_worker();
  const bool start_failed =
      transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE;
  if (start_failed) worker->interrupt();
  if (start_failed || transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    close_worker(state);
    return result;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && worker->live()) worker->play();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !worker->live()) worker->play();
  const bool to_paused = transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
                         transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED;
  if (to_paused && worker->live() && result != GST_STATE_CHANGE_FAILURE) {
    result = GST_STATE_CHANGE_NO_PREROLL;
  }
  return result;
}

// What a connection says stays here, where the supervisor makes something of it: an error of the
// camera is none of the pipeline's, and debug texts show addresses.
void handle_message(GstBin* bin, GstMessage* message) {
  const GstObject* const gate = GST_OBJECT(state_of(bin).gate);
  const bool own = GST_MESSAGE_SRC(message) == gate || GST_MESSAGE_SRC(message) == GST_OBJECT(bin);
  constexpr int kPassing = GST_MESSAGE_STATE_CHANGED | GST_MESSAGE_STREAM_STATUS |
                           GST_MESSAGE_LATENCY | GST_MESSAGE_QOS | GST_MESSAGE_NEED_CONTEXT |
                           GST_MESSAGE_HAVE_CONTEXT | GST_MESSAGE_TAG |
                           GST_MESSAGE_STRUCTURE_CHANGE;
  if (own || (static_cast<int>(GST_MESSAGE_TYPE(message)) & kPassing) != 0) {
    GST_BIN_CLASS(gst_deepstack_camera_src_parent_class)->handle_message(bin, message);
    return;
  }
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    if (const std::shared_ptr<CameraWorker> worker = state_of(bin).running_worker()) {
      worker->on_error(message);
    }
  }
  gst_message_unref(message);
}

// rtspsrc has a clock, which would go with its connection.
GstClock* provide_clock(GstElement* /*element*/) { return nullptr; }

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  SourceState& state = state_of(object);
  const std::lock_guard guard(state.lock);
  if (!deepstack::gst::set_camera_setting(state.settings, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const SourceState& state = state_of(object);
  if (id == stats_property_id) {
    const std::shared_ptr<CameraWorker> worker = state.running_worker();
    g_value_take_boxed(value, worker == nullptr ? gst_structure_new_empty("deepstack-camera-stats")
                                                : worker->stats());
    return;
  }
  const std::lock_guard guard(state.lock);
  if (!deepstack::gst::get_camera_setting(state.settings, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) {
  delete &state_of(object);
  G_OBJECT_CLASS(gst_deepstack_camera_src_parent_class)->finalize(object);
}

}  // namespace

static void gst_deepstack_camera_src_class_init(GstDeepstackCameraSrcClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_deepstack_camera_debug, "deepstackcamerasrc", 0, "DeepStack camera");

  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  stats_property_id = deepstack::gst::install_camera_settings(object_class);
  g_object_class_install_property(
      object_class, stats_property_id,
      g_param_spec_boxed("stats", "Statistics",
                         "state (connecting, live, stalled, backoff, auth-failed, ended), uri, "
                         "last-reason, away-ms; since the element was started: frames, reconnects, "
                         "stalls, ticks-skipped (this process was late, not the camera)",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(static_cast<int>(G_PARAM_READABLE) |
                                                  static_cast<int>(G_PARAM_STATIC_STRINGS))));

  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  element_class->provide_clock = provide_clock;
  GST_BIN_CLASS(klass)->handle_message = handle_message;
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "DeepStack camera source",
                                        "Source/Video/Network",
                                        "Decoded video of a camera, which goes on when the camera "
                                        "comes back",
                                        "gst-deepstack authors");
}

static void gst_deepstack_camera_src_init(GstDeepstackCameraSrc* self) {
  self->state = new SourceState;
  SourceState& state = *self->state;
  state.gate = deepstack::gst::camera_gate_new(
      {.frame = [&state]() -> GstEvent* {
         const std::shared_ptr<CameraWorker> worker = state.running_worker();
         return worker == nullptr ? nullptr : worker->on_frame();
       },
       .ended =
           [&state] {
             const std::shared_ptr<CameraWorker> worker = state.running_worker();
             return worker == nullptr || worker->on_ended();
           },
       .refused =
           [&state](GstFlowReturn flow) {
             const std::shared_ptr<CameraWorker> worker = state.running_worker();
             if (worker != nullptr) worker->on_refused(flow);
           }});
  gst_bin_add(GST_BIN(self), state.gate);
  const GstRef<GstPad> target(gst_element_get_static_pad(state.gate, "src"));
  GstPadTemplate* pad_template = gst_static_pad_template_get(&src_template);
  gst_element_add_pad(GST_ELEMENT(self),
                      gst_ghost_pad_new_from_template("src", target.get(), pad_template));
  gst_object_unref(pad_template);
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}
