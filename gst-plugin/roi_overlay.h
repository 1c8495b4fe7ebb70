// What is to be drawn of the region-of-interest metas on a buffer: those of `deepstack`
// (roi_results.h) and those of others, DL Streamer's first of all.
#pragma once

#include <gst/gst.h>

#include <vector>

#include "core/overlay/overlay_object.h"

namespace deepstack::gst {

std::vector<OverlayObject> roi_overlay(GstBuffer* buffer);

}  // namespace deepstack::gst
