// What a camera says: GError of the elements of a connection made into a CameraFault, and a
// CameraNotice made into the structure `deepstack-camera` of messages and events.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "core/camera/supervisor.h"
#include "core/event/event.h"

namespace deepstack::gst {

struct CameraError {
  CameraFault fault = CameraFault::kLost;
  std::string reason;  // short; may show credentials: to be redacted by whoever shows it
};

// REQUIRES: an error message.
CameraError classify(GstMessage* error);

// "camera.lost", "camera.back", "camera.auth", "camera.state".
const char* notice_name(CameraNotice::Kind kind);

// The caller owns it. uri and the notice's reason are redacted already.
GstStructure* camera_structure(const CameraNotice& notice, const std::string& uri);

// What such an event says to whoever analyses the stream; nothing when it is another event, or says
// neither that the camera is lost nor that it is back.
std::optional<CameraReport> camera_report(GstEvent* event);

}  // namespace deepstack::gst
