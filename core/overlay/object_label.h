// What is written beside a box, in order of importance.
#pragma once

#include <string>
#include <vector>

#include "core/overlay/overlay_object.h"

namespace deepstack {

enum class OverlayLabels { kNone, kId, kIdentity, kFull };

struct ObjectLabel {
  std::string name;                  // "" = nothing is written
  std::vector<std::string> details;  // the last one is the first to be left out
};

ObjectLabel label_of(const OverlayObject& object, OverlayLabels labels);

// The first eight digits of a UUID: what people can compare at a glance.
std::string short_identity(const std::string& uuid);

}  // namespace deepstack
