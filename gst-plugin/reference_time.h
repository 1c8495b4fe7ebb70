// Where a buffer's time of day comes from: what its sender wrote on it, and the pipeline's clock.
// Streaming thread.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

#include "core/time/utc_time.h"

namespace deepstack::gst {

// The sender's time stamp in GstReferenceTimestampMeta: timestamp/x-ntp, else x-unix, else x-ptp.
std::optional<UtcReference> reference_time(GstBuffer* buffer);

// How long ago this running time was; negative when it is ahead. Nothing without a clock.
std::optional<int64_t> time_since(GstElement* element, int64_t running_time_ns);

}  // namespace deepstack::gst
