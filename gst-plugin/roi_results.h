// What was found in a frame, written onto a buffer for elements downstream: one
// GstVideoRegionOfInterestMeta an object, in the layout that readers of DL Streamer know. roi_type
// is the label; parameter structures are
//   detection  x_min, y_min, x_max, y_max (0..1), confidence (double); label_id (int) when known
//   object_id  id (int): the track
//   identity   label (string, UUID) and confidence (double), as a classifier's answer, when there is one
//   deepstack  identity (string, UUID), score (double) and state (string: tentative, confirmed) when
//              there is one; age (ns, guint64): how much older than the buffer the result is
// A detector's meta of the same box and label is kept and gets the others.
// From GStreamer 1.24 on the same is in the buffer's relations, too (analytics_meta.h).
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <optional>

#include "core/event/frame_result.h"

namespace deepstack::gst {

// Takes the buffer and returns the one to push instead: the same, or, when others hold it too, a
// new one with the same memory. Boxes are scaled to info; null results leave the buffer alone.
GstBuffer* attach_results(GstBuffer* buffer, const FrameResult* results, const GstVideoInfo& info,
                          std::optional<int64_t> running_time_ns);

}  // namespace deepstack::gst
