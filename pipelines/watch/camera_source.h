// The element that brings one input's video: `deepstackcamerasrc`.
#pragma once

#include <cstddef>

#include "core/status.h"
#include "pipelines/watch/gst_owned.h"
#include "pipelines/watch/watch_options.h"

namespace deepstack {

// A floating element with one pad, `src`, for the input of this number: a URI, or a file's path.
Result<GstElement*> make_camera_source(const WatchOptions& options, size_t number);

}  // namespace deepstack
