#include "gst-plugin/reference_time.h"

#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {
namespace {

UtcSource source_of(const GstReferenceTimestampMeta* meta) {
  if (meta->reference == nullptr || gst_caps_get_size(meta->reference) == 0) {
    return UtcSource::kNone;
  }
  const GstStructure* kind = gst_caps_get_structure(meta->reference, 0);
  if (gst_structure_has_name(kind, "timestamp/x-ntp")) return UtcSource::kNtp;
  if (gst_structure_has_name(kind, "timestamp/x-unix")) return UtcSource::kUnix;
  if (gst_structure_has_name(kind, "timestamp/x-ptp")) return UtcSource::kPtp;
  return UtcSource::kNone;  // of a time code, a capture card's counter
}

}  // namespace

std::optional<UtcReference> reference_time(GstBuffer* buffer) {
  std::optional<UtcReference> best;
  gpointer cursor = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(buffer, &cursor,
                                                          GST_REFERENCE_TIMESTAMP_META_API_TYPE)) {
    const auto* stamp = reinterpret_cast<const GstReferenceTimestampMeta*>(meta);
    const UtcSource source = source_of(stamp);
    if (source == UtcSource::kNone || (best && best->source <= source)) continue;
    const std::optional<UtcReference> found = utc_reference(source, stamp->timestamp);
    if (found) best = found;
  }
  return best;
}

std::optional<int64_t> time_since(GstElement* element, int64_t running_time_ns) {
  const GstRef<GstClock> clock(gst_element_get_clock(element));
  if (clock == nullptr) return {};
  const GstClockTime base = gst_element_get_base_time(element);
  const GstClockTime now = gst_clock_get_time(clock.get());
  if (!GST_CLOCK_TIME_IS_VALID(now) || now < base) return {};
  return static_cast<int64_t>(now - base) - running_time_ns;
}

}  // namespace deepstack::gst
