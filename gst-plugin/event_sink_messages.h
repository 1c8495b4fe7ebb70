// What a Publication says, as element messages `deepstack-sink`, and its statistics as a structure.
#pragma once

#include <gst/gst.h>

#include "core/publish/publication.h"

namespace deepstack::gst {

// Posts for as long as the element lives; may be called after.
Publication::OnNotice post_notices(GstElement* element);

// The caller owns it.
GstStructure* event_sink_stats(const PublishStats& stats);

}  // namespace deepstack::gst
