#include "gst-plugin/camera_messages.h"

#include <initializer_list>

namespace deepstack::gst {
namespace {

constexpr uint64_t kNanosPerMs = 1'000'000;
constexpr char kStructureName[] = "deepstack-camera";

bool has_any(const std::string& text, std::initializer_list<const char*> words) {
  for (const char* word : words) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

// rtspsrc says 403 in its debug text only; souphttpsrc has no code for it either.
CameraFault fault_of(const GError& error, const std::string& details) {
  const auto is = [&error](GQuark domain, int code) {
    return g_error_matches(&error, domain, code) != FALSE;
  };
  if (is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED) ||
      has_any(details, {"Unauthorized", "(401)", "Forbidden", "(403)"})) {
    return CameraFault::kUnauthorized;
  }
  // A host name that is not known has this code, too, but is no answer of the camera.
  if (is(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND) &&
      has_any(details, {"Not Found", "Not found", "(404)"})) {
    return CameraFault::kNotFound;
  }
  if (is(GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
      is(GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND)) {
    return CameraFault::kUnusable;
  }
  return CameraFault::kLost;
}

const char* fault_name(CameraFault fault) {
  switch (fault) {
    case CameraFault::kLost:
      return "";
    case CameraFault::kUnauthorized:
      return "not authorized: ";
    case CameraFault::kNotFound:
      return "not found: ";
    case CameraFault::kUnusable:
      return "unusable: ";
  }
  return "";
}

}  // namespace

CameraError classify(GstMessage* error) {
  GError* parsed = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(error, &parsed, &debug);
  const std::string message = parsed->message;
  const std::string details = message + " " + (debug == nullptr ? "" : debug);
  CameraError result;
  result.fault = fault_of(*parsed, details);
  result.reason = fault_name(result.fault) + message;
  g_error_free(parsed);
  g_free(debug);
  return result;
}

const char* notice_name(CameraNotice::Kind kind) {
  switch (kind) {
    case CameraNotice::Kind::kState:
      return "camera.state";
    case CameraNotice::Kind::kLost:
      return "camera.lost";
    case CameraNotice::Kind::kBack:
      return "camera.back";
    case CameraNotice::Kind::kAuth:
      return "camera.auth";
  }
  return "camera.state";
}

std::optional<CameraReport> camera_report(GstEvent* event) {
  const GstStructure* structure = gst_event_get_structure(event);
  if (structure == nullptr || !gst_structure_has_name(structure, kStructureName)) {
    return std::nullopt;
  }
  const auto text = [structure](const char* name) -> std::string {
    const gchar* value = gst_structure_get_string(structure, name);
    return value == nullptr ? "" : value;
  };
  const auto number = [structure](const char* name) {
    guint64 value = 0;
    gst_structure_get_uint64(structure, name, &value);
    return uint64_t{value};
  };
  const std::string name = text("event");
  const bool back = name == notice_name(CameraNotice::Kind::kBack);
  if (!back && name != notice_name(CameraNotice::Kind::kLost)) return std::nullopt;
  return CameraReport{back,        text("state"),     text("reason"),
                      text("uri"), number("away-ms"), number("reconnects")};
}

GstStructure* camera_structure(const CameraNotice& notice, const std::string& uri) {
  return gst_structure_new(kStructureName, "event", G_TYPE_STRING, notice_name(notice.kind),
                           "state", G_TYPE_STRING, camera_state_name(notice.state), "reason",
                           G_TYPE_STRING, notice.reason.c_str(), "uri", G_TYPE_STRING, uri.c_str(),
                           "away-ms", G_TYPE_UINT64,
                           static_cast<guint64>(notice.away_ns) / kNanosPerMs, "reconnects",
                           G_TYPE_UINT64, guint64{notice.reconnects}, nullptr);
}

}  // namespace deepstack::gst
