#include "gst-plugin/camera_connection.h"

#include <cstring>

#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {
namespace {

// GstRTSPLowerTrans: what rtspsrc may try.
constexpr guint kUdp = 1;
constexpr guint kUdpMulticast = 2;
constexpr guint kTcp = 4;

guint lower_transports(RtpProtocol protocol) {
  switch (protocol) {
    case RtpProtocol::kUdp:
      return kUdp;
    case RtpProtocol::kTcp:
      return kTcp;
    case RtpProtocol::kMulti:
      break;
  }
  return kUdp | kUdpMulticast | kTcp;
}

bool has_property(GstElement* element, const char* name) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name) != nullptr;
}

void set_credentials(GstElement* source, const CameraPlan& plan) {
  if (plan.user.empty() && plan.password.empty()) return;
  if (!has_property(source, "user-id") || !has_property(source, "user-pw")) return;
  g_object_set(source, "user-id", plan.user.c_str(), "user-pw", plan.password.c_str(), nullptr);
}

}  // namespace

CameraConnection::CameraConnection(GstBin* bin, GstElement* gate, const CameraPlan& plan)
    : bin_(bin),
      gate_(gate),
      plan_(plan),
      input_(gst_element_factory_make("uridecodebin", "input")) {
  if (input_ == nullptr) {
    GST_ELEMENT_ERROR(bin, CORE, MISSING_PLUGIN, ("no element uridecodebin"), (nullptr));
    return;
  }
  const GstRef<GstCaps> video(gst_caps_from_string("video/x-raw(ANY)"));
  g_object_set(input_, "uri", plan.address.uri.c_str(), "caps", video.get(), "expose-all-streams",
               FALSE, "async-handling", TRUE, nullptr);
  g_signal_connect(input_, "source-setup", G_CALLBACK(on_source_setup), this);
  g_signal_connect(input_, "pad-added", G_CALLBACK(on_pad_added), this);
  g_signal_connect(input_, "deep-element-added", G_CALLBACK(on_element_added), nullptr);
  // The bin's own changes of state pass it by: a camera that is away holds nobody up.
  gst_element_set_locked_state(input_, TRUE);
  gst_bin_add(bin, input_);
  play();
}

CameraConnection::~CameraConnection() {
  if (input_ == nullptr) return;
  gst_element_set_state(input_, GST_STATE_NULL);
  gst_bin_remove(bin_, input_);
}

void CameraConnection::pause() {
  if (input_ != nullptr) gst_element_set_state(input_, GST_STATE_PAUSED);
}

void CameraConnection::play() {
  if (input_ == nullptr) return;
  gst_element_set_base_time(input_, gst_element_get_base_time(GST_ELEMENT(bin_)));
  if (gst_element_set_state(input_, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    GST_DEBUG_OBJECT(bin_, "the connection did not start");
  }
}

void CameraConnection::on_source_setup(GstElement* /*input*/, GstElement* source, gpointer self) {
  const CameraPlan& plan = static_cast<CameraConnection*>(self)->plan_;
  set_credentials(source, plan);
  if (!has_property(source, "add-reference-timestamp-meta")) return;  // no rtspsrc
  g_object_set(source, "latency", plan.latency_ms, "protocols", lower_transports(plan.protocol),
               "add-reference-timestamp-meta", TRUE, nullptr);
  g_signal_connect(source, "select-stream", G_CALLBACK(on_select_stream), self);
}

// JPEG pictures over HTTP: the demuxer would wait for more streams until megabytes have come.
void CameraConnection::on_element_added(GstBin* /*input*/, GstBin* /*bin*/, GstElement* element,
                                        gpointer /*self*/) {
  if (has_property(element, "single-stream")) g_object_set(element, "single-stream", TRUE, nullptr);
}

gboolean CameraConnection::on_select_stream(GstElement* /*source*/, guint /*number*/, GstCaps* caps,
                                            gpointer /*self*/) {
  const gchar* media = gst_structure_get_string(gst_caps_get_structure(caps, 0), "media");
  return media != nullptr && std::strcmp(media, "video") == 0 ? TRUE : FALSE;
}

void CameraConnection::on_pad_added(GstElement* /*input*/, GstPad* pad, gpointer self) {
  const GstRef<GstPad> sink(
      gst_element_get_static_pad(static_cast<CameraConnection*>(self)->gate_, "sink"));
  // A camera with several pictures: the first.
  if (!gst_pad_is_linked(sink.get())) gst_pad_link(pad, sink.get());
}

}  // namespace deepstack::gst
