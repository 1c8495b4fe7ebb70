// The properties of `deepstackcamerasrc`, as they were set, and the plan that is made of them when
// the element starts: the address without credentials, the credentials, and what hides them.
#pragma once

#include <gst/gst.h>

#include <string>

#include "core/camera/camera_address.h"
#include "core/camera/redact.h"
#include "core/camera/supervisor.h"
#include "core/status.h"

namespace deepstack::gst {

// nvurisrcbin's numbers.
enum class RtpProtocol { kMulti = 0, kUdp = 1, kTcp = 4 };

struct CameraSettings {
  std::string uri;
  std::string user_id;
  std::string user_pw;
  std::string credentials_file;
  guint latency_ms = 100;
  RtpProtocol protocol = RtpProtocol::kMulti;
  guint reconnect_interval_s = 0;  // 0: the ladder of CameraSupervisor
  int reconnect_attempts = -1;
  guint stall_timeout_ms = 2000;
};

struct CameraPlan {
  CameraAddress address;
  std::string user;
  std::string password;
  guint latency_ms = 100;
  RtpProtocol protocol = RtpProtocol::kMulti;
  CameraPolicy policy;
  Redactor redactor;
};

GType rtp_protocol_type();

// Installs the properties with ids from 1 on; returns the first id that is free.
guint install_camera_settings(GObjectClass* object_class);

// False when there is no such property. uri is shown without credentials, user-pw not at all.
bool set_camera_setting(CameraSettings& settings, guint id, const GValue* value);
bool get_camera_setting(const CameraSettings& settings, guint id, GValue* value);

// Reads the credentials file. Credentials of the file win over the properties, those over the
// URI's.
Result<CameraPlan> plan_camera(const CameraSettings& settings);

}  // namespace deepstack::gst
