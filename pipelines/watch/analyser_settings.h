// Settings as properties of a `deepstack` element.
#pragma once

#include <gst/gst.h>

#include "core/settings.h"

namespace deepstack {

void apply_settings(GstElement* analyser, const Settings& settings);

}  // namespace deepstack
