#include "gst-plugin/roi_results.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gst-plugin/analytics_meta.h"

namespace deepstack::gst {
namespace {

GstStructure* detection_of(const Detection& detection, const Box& box, const FrameResult& results) {
  GstStructure* structure = gst_structure_new(
      "detection", "x_min", G_TYPE_DOUBLE, double{box.x} / results.width, "y_min", G_TYPE_DOUBLE,
      double{box.y} / results.height, "x_max", G_TYPE_DOUBLE, double{box.right()} / results.width,
      "y_max", G_TYPE_DOUBLE, double{box.bottom()} / results.height, "confidence", G_TYPE_DOUBLE,
      double{detection.score}, nullptr);
  if (detection.label_id >= 0) {
    gst_structure_set(structure, "label_id", G_TYPE_INT, detection.label_id, nullptr);
  }
  return structure;
}

GstStructure* evidence_of(const ObservedObject& object, std::optional<int64_t> age_ns) {
  GstStructure* structure = gst_structure_new_empty("deepstack");
  if (object.identity) {
    gst_structure_set(structure, "identity", G_TYPE_STRING, object.identity->uuid.c_str(), "score",
                      G_TYPE_DOUBLE, double{object.identity->score}, "state", G_TYPE_STRING,
                      object.identity->state == IdentityState::kTentative ? "tentative"
                                                                          : "confirmed",
                      nullptr);
  }
  if (age_ns) {
    gst_structure_set(structure, "age", G_TYPE_UINT64, static_cast<guint64>(*age_ns), nullptr);
  }
  return structure;
}

// A detector's own meta for the box, which then gets our parameters; null when there is none.
GstVideoRegionOfInterestMeta* same_box(GstBuffer* buffer, const std::string& label, guint x,
                                       guint y, guint width, guint height) {
  gpointer cursor = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(
             buffer, &cursor, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    auto* roi = reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta);
    if (roi->x == x && roi->y == y && roi->w == width && roi->h == height &&
        roi->roi_type == g_quark_try_string(label.c_str()) &&
        gst_video_region_of_interest_meta_get_param(roi, "object_id") == nullptr) {
      return roi;
    }
  }
  return nullptr;
}

void attach(GstBuffer* buffer, const ObservedObject& object, const FrameResult& results,
            const GstVideoInfo& info, std::optional<int64_t> age_ns) {
  const Box box = clip(object.detection.box, static_cast<float>(results.width),
                       static_cast<float>(results.height));
  const double across = static_cast<double>(info.width) / results.width;
  const double down = static_cast<double>(info.height) / results.height;
  const auto pixels = [](double value) { return static_cast<guint>(std::lround(value)); };
  const std::string& label = object.detection.label;
  const guint x = pixels(box.x * across);
  const guint y = pixels(box.y * down);
  const guint width = pixels(box.width * across);
  const guint height = pixels(box.height * down);
  GstVideoRegionOfInterestMeta* roi = same_box(buffer, label, x, y, width, height);
  if (roi == nullptr) {
    roi = gst_buffer_add_video_region_of_interest_meta(buffer, label.c_str(), x, y, width, height);
    gst_video_region_of_interest_meta_add_param(roi, detection_of(object.detection, box, results));
  }
  // Readers expect an int; 2^31 tracks take longer than any camera lasts.
  const auto id =
      static_cast<gint>(std::min<int64_t>(object.track_id, std::numeric_limits<gint>::max()));
  gst_video_region_of_interest_meta_add_param(
      roi, gst_structure_new("object_id", "id", G_TYPE_INT, id, nullptr));
  if (object.identity) {
    gst_video_region_of_interest_meta_add_param(
        roi, gst_structure_new("identity", "label", G_TYPE_STRING, object.identity->uuid.c_str(),
                               "confidence", G_TYPE_DOUBLE, double{object.identity->score},
                               nullptr));
  }
  gst_video_region_of_interest_meta_add_param(roi, evidence_of(object, age_ns));
}

}  // namespace

GstBuffer* attach_results(GstBuffer* buffer, const FrameResult* results, const GstVideoInfo& info,
                          std::optional<int64_t> running_time_ns) {
  if (results == nullptr || results->objects.empty()) return buffer;
  std::optional<int64_t> age_ns;
  if (running_time_ns) age_ns = std::max<int64_t>(0, *running_time_ns - results->time.ns);
  buffer = gst_buffer_make_writable(buffer);
  for (const ObservedObject& object : results->objects) {
    attach(buffer, object, *results, info, age_ns);
  }
  relate_results(buffer, *results, info);
  return buffer;
}

}  // namespace deepstack::gst
