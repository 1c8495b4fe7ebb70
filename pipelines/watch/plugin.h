// The plugin `deepstack` in this process.
#pragma once

#include "core/status.h"

namespace deepstack {

// Starts GStreamer and finds the elements: where GStreamer looks (GST_PLUGIN_PATH), else beside
// this program as it was built or installed.
Status load_plugin();

}  // namespace deepstack
