// CameraAddress: a camera's URI as people write it, with the credentials taken out, so that it can
// be handed to libraries that print what they are given.
#pragma once

#include <string>
#include <string_view>

#include "core/status.h"

namespace deepstack {

struct CameraAddress {
  std::string uri;               // without userinfo
  std::string scheme;            // lower case
  std::string user;              // percent-decoded; "" when none
  std::string password;          // percent-decoded
  std::string encoded_password;  // as it stood in the URI

  // rtsp, rtsps and their forms (rtspt, rtspu, rtsph, rtspsu...): a camera, which never ends.
  bool is_rtsp() const { return scheme.starts_with("rtsp"); }
  bool is_http() const { return scheme == "http" || scheme == "https"; }
};

// kInvalid, with a message that repeats nothing of the text.
Result<CameraAddress> parse_camera_address(std::string_view text);

}  // namespace deepstack
