#include "gst-plugin/roi_detections.h"

#include <gst/video/gstvideometa.h>

#include <algorithm>

#include "gst-plugin/analytics_meta.h"

namespace deepstack::gst {
namespace {

Detection to_detection(GstVideoRegionOfInterestMeta* roi) {
  Detection detection;
  detection.box = {static_cast<float>(roi->x), static_cast<float>(roi->y),
                   static_cast<float>(roi->w), static_cast<float>(roi->h)};
  const char* label = g_quark_to_string(roi->roi_type);
  detection.label = label == nullptr || *label == '\0' ? "object" : label;

  const GstStructure* details = gst_video_region_of_interest_meta_get_param(roi, "detection");
  if (details == nullptr) return detection;
  double confidence = 1;
  // NaN fails the comparison and leaves the score at 1, as if the detector had not said.
  if (gst_structure_get_double(details, "confidence", &confidence) && confidence == confidence) {
    detection.score = static_cast<float>(std::clamp(confidence, 0.0, 1.0));
  }
  gst_structure_get_int(details, "label_id", &detection.label_id);
  return detection;
}

}  // namespace

std::vector<Detection> roi_detections(GstBuffer* buffer) {
  std::vector<Detection> detections;
  gpointer cursor = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(
             buffer, &cursor, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    detections.push_back(to_detection(reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta)));
  }
  add_related_detections(buffer, detections);
  return detections;
}

}  // namespace deepstack::gst
