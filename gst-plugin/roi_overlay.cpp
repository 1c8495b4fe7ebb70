#include "gst-plugin/roi_overlay.h"

#include <gst/video/gstvideometa.h>

#include <string>

namespace deepstack::gst {
namespace {

std::string text(const GstStructure* structure, const char* field) {
  const char* value = gst_structure_get_string(structure, field);
  return value == nullptr ? "" : value;
}

void read_evidence(const GstStructure* evidence, OverlayObject& object) {
  object.identity = text(evidence, "identity");
  object.name = text(evidence, "name");
  object.tentative = text(evidence, "state") == "tentative";
  double score = 0;
  if (gst_structure_get_double(evidence, "score", &score)) {
    object.score = static_cast<float>(score);
  }
  guint64 age_ns = 0;
  if (gst_structure_get_uint64(evidence, "age", &age_ns)) {
    object.age_ns = static_cast<int64_t>(MIN(age_ns, guint64{G_MAXINT64}));
  }
}

OverlayObject to_object(GstVideoRegionOfInterestMeta* roi) {
  OverlayObject object;
  object.box = {static_cast<float>(roi->x), static_cast<float>(roi->y), static_cast<float>(roi->w),
                static_cast<float>(roi->h)};
  const char* label = g_quark_to_string(roi->roi_type);
  object.label = label == nullptr || *label == '\0' ? "object" : label;
  double confidence = 0;
  const GstStructure* detection = gst_video_region_of_interest_meta_get_param(roi, "detection");
  if (detection != nullptr && gst_structure_get_double(detection, "confidence", &confidence)) {
    object.confidence = static_cast<float>(confidence);
  }
  int id = 0;
  const GstStructure* track = gst_video_region_of_interest_meta_get_param(roi, "object_id");
  if (track != nullptr && gst_structure_get_int(track, "id", &id)) object.track_id = id;
  const GstStructure* evidence = gst_video_region_of_interest_meta_get_param(roi, "deepstack");
  if (evidence != nullptr) read_evidence(evidence, object);
  return object;
}

}  // namespace

std::vector<OverlayObject> roi_overlay(GstBuffer* buffer) {
  std::vector<OverlayObject> objects;
  gpointer cursor = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(
             buffer, &cursor, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    objects.push_back(to_object(reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta)));
  }
  return objects;
}

}  // namespace deepstack::gst
