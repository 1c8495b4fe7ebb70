#include "gst-plugin/camera_settings.h"

#include "core/camera/credentials.h"

namespace deepstack::gst {
namespace {

constexpr int64_t kNanosPerMs = 1'000'000;

enum Property : guint {
  kUri = 1,
  kUserId,
  kUserPw,
  kCredentialsFile,
  kLatency,
  kSelectRtpProtocol,
  kReconnectInterval,
  kReconnectAttempts,
  kStallTimeout,
  kFree,
};

constexpr GParamFlags flags(int access) {
  return static_cast<GParamFlags>(access | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
}

void install_text(GObjectClass* object_class, guint id, const char* name, const char* nick,
                  const char* blurb, GParamFlags access) {
  g_object_class_install_property(object_class, id,
                                  g_param_spec_string(name, nick, blurb, "", access));
}

std::string text_of(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text == nullptr ? "" : text;
}

// user:password as HTTP and RTSP send it with Basic authentication.
std::string basic_word(const std::string& user, const std::string& password) {
  const std::string line = user + ":" + password;
  gchar* encoded = g_base64_encode(reinterpret_cast<const guchar*>(line.data()), line.size());
  std::string word = encoded;
  g_free(encoded);
  return word;
}

}  // namespace

GType rtp_protocol_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(RtpProtocol::kMulti), "UDP, after 5 s without a packet TCP", "multi"},
      {static_cast<int>(RtpProtocol::kUdp), "UDP only", "udp"},
      {static_cast<int>(RtpProtocol::kTcp), "TCP only", "tcp"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("DeepstackRtpProtocol", values);
  return type;
}

guint install_camera_settings(GObjectClass* object_class) {
  const CameraSettings defaults;
  const GParamFlags both = flags(G_PARAM_READWRITE);
  install_text(object_class, kUri, "uri", "URI",
               "The camera: rtsp, rtsps, http, https or file. Shown without credentials", both);
  install_text(object_class, kUserId, "user-id", "User", "User name at the camera", both);
  install_text(object_class, kUserPw, "user-pw", "Password",
               "Password at the camera; cannot be read", flags(G_PARAM_WRITABLE));
  install_text(object_class, kCredentialsFile, "credentials-file", "Credentials file",
               "File of mode 0600 with a line user:password; a bare name is looked for in "
               "$CREDENTIALS_DIRECTORY first",
               both);
  g_object_class_install_property(
      object_class, kLatency,
      g_param_spec_uint("latency", "Latency", "ms that packets wait for late ones (RTSP)", 0,
                        60'000, defaults.latency_ms, both));
  g_object_class_install_property(
      object_class, kSelectRtpProtocol,
      g_param_spec_enum("select-rtp-protocol", "RTP protocol", "How packets come (RTSP)",
                        rtp_protocol_type(), static_cast<int>(defaults.protocol), both));
  g_object_class_install_property(
      object_class, kReconnectInterval,
      g_param_spec_uint("rtsp-reconnect-interval", "Reconnect interval",
                        "s between attempts; 0 = 1, 1, 2, 5, 10, then 30 s. Each +-20 %", 0, 3600,
                        defaults.reconnect_interval_s, both));
  g_object_class_install_property(
      object_class, kReconnectAttempts,
      g_param_spec_int("rtsp-reconnect-attempts", "Reconnect attempts",
                       "Failed attempts in a row after which it is an error; -1 = never", -1,
                       G_MAXINT, defaults.reconnect_attempts, both));
  g_object_class_install_property(
      object_class, kStallTimeout,
      g_param_spec_uint(
          "stall-timeout", "Stall timeout",
          "ms without a frame after which the camera is lost; below one frame a second "
          "three frame intervals",
          100, 3'600'000, defaults.stall_timeout_ms, both));
  return kFree;
}

bool set_camera_setting(CameraSettings& settings, guint id, const GValue* value) {
  switch (id) {
    case kUri:
      settings.uri = text_of(value);
      return true;
    case kUserId:
      settings.user_id = text_of(value);
      return true;
    case kUserPw:
      settings.user_pw = text_of(value);
      return true;
    case kCredentialsFile:
      settings.credentials_file = text_of(value);
      return true;
    case kLatency:
      settings.latency_ms = g_value_get_uint(value);
      return true;
    case kSelectRtpProtocol:
      settings.protocol = static_cast<RtpProtocol>(g_value_get_enum(value));
      return true;
    case kReconnectInterval:
      settings.reconnect_interval_s = g_value_get_uint(value);
      return true;
    case kReconnectAttempts:
      settings.reconnect_attempts = g_value_get_int(value);
      return true;
    case kStallTimeout:
      settings.stall_timeout_ms = g_value_get_uint(value);
      return true;
    default:
      return false;
  }
}

bool get_camera_setting(const CameraSettings& settings, guint id, GValue* value) {
  switch (id) {
    case kUri:
      g_value_set_string(value, Redactor({settings.user_pw}).apply(settings.uri).c_str());
      return true;
    case kUserId:
      g_value_set_string(value, settings.user_id.c_str());
      return true;
    case kCredentialsFile:
      g_value_set_string(value, settings.credentials_file.c_str());
      return true;
    case kLatency:
      g_value_set_uint(value, settings.latency_ms);
      return true;
    case kSelectRtpProtocol:
      g_value_set_enum(value, static_cast<int>(settings.protocol));
      return true;
    case kReconnectInterval:
      g_value_set_uint(value, settings.reconnect_interval_s);
      return true;
    case kReconnectAttempts:
      g_value_set_int(value, settings.reconnect_attempts);
      return true;
    case kStallTimeout:
      g_value_set_uint(value, settings.stall_timeout_ms);
      return true;
    default:
      return false;
  }
}

Result<CameraPlan> plan_camera(const CameraSettings& settings) {
  Result<CameraAddress> address = parse_camera_address(settings.uri);
  if (!address.ok()) return address.status();
  CameraPlan plan;
  plan.address = *std::move(address);
  Result<Credentials> credentials =
      choose_credentials(settings.credentials_file, {settings.user_id, settings.user_pw},
                         {plan.address.user, plan.address.password});
  if (!credentials.ok()) return credentials.status();
  plan.user = credentials->user;
  plan.password = credentials->password;
  plan.latency_ms = settings.latency_ms;
  plan.protocol = settings.protocol;
  plan.redactor = Redactor({plan.password, plan.address.password, plan.address.encoded_password,
                            basic_word(plan.user, plan.password)});
  plan.policy.stall_timeout_ns = settings.stall_timeout_ms * kNanosPerMs;
  plan.policy.retry_interval_ns = settings.reconnect_interval_s * 1000 * kNanosPerMs;
  plan.policy.max_attempts = settings.reconnect_attempts;
  plan.policy.live = plan.address.is_rtsp() || plan.address.is_http();
  plan.policy.knocks = plan.policy.live;
  plan.policy.seed = g_random_int();
  return plan;
}

}  // namespace deepstack::gst
