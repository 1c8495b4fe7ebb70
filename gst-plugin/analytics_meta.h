// Boxes, tracks and identities as GstAnalyticsRelationMeta, which GStreamer has from 1.24 on and
// which its own elements and DL Streamer read:
//
//   ODMtd (label, box, confidence) --RELATE_TO--> TrackingMtd (track)
//                                  --CONTAIN----> ClsMtd (UUID of the identity, its score)
//
// Built against a GStreamer without it both functions do nothing. Streaming thread.
#pragma once

#include <gst/video/video.h>

#include <vector>

#include "core/event/frame_result.h"

namespace deepstack::gst {

// Adds the objects of the result, in pixels of info; a detector's box of the same place and label
// gets the track. REQUIRES: the buffer is writable.
void relate_results(GstBuffer* buffer, const FrameResult& results, const GstVideoInfo& info);

// Adds the boxes of the buffer's relations that are not among the detections: detectors write both
// kinds of meta for one box.
void add_related_detections(GstBuffer* buffer, std::vector<Detection>& detections);

}  // namespace deepstack::gst
