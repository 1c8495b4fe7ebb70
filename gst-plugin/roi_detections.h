// Boxes that a detector upstream has put on a buffer, as GstVideoRegionOfInterestMeta in the layout
// of DL Streamer: roi_type is the label; the optional parameter structure "detection" has
// `confidence` (double) and `label_id` (int). From GStreamer 1.24 on also those of the buffer's
// relations (analytics_meta.h).
#pragma once

#include <gst/gst.h>

#include <vector>

#include "core/frame/detection.h"

namespace deepstack::gst {

std::vector<Detection> roi_detections(GstBuffer* buffer);

}  // namespace deepstack::gst
