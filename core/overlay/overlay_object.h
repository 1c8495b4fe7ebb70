// OverlayObject: one thing that is drawn: where it is and what is known of it. A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/frame/box.h"

namespace deepstack {

struct OverlayObject {
  Box box;                               // pixels of the picture
  std::string label;                     // what a detector calls it: "person"
  std::optional<float> confidence = {};  // of the detector, 0..1
  std::optional<int64_t> track_id = {};
  std::string identity = {};           // UUID; "" = none
  std::string name = {};               // what people call the identity; "" = nobody has named it
  std::optional<float> score = {};     // probability that it is the identity, 0..1
  bool tentative = false;              // the identity may change soon
  std::optional<int64_t> age_ns = {};  // how much older than the picture this is
};

}  // namespace deepstack
