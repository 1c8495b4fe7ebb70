#include "gst-plugin/analytics_meta.h"

#if defined(DEEPSTACK_ANALYTICS) && GST_CHECK_VERSION(1, 24, 0)

#include <gst/analytics/analytics.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>

namespace deepstack::gst {
namespace {

// A class is a GQuark, and no quark is ever freed: more identities than these in the life of a
// process are on the frames as ROI metas only.
constexpr int kMostIdentities = 65'536;

struct PlacedBox {
  gint x = 0;
  gint y = 0;
  gint width = 0;
  gint height = 0;

  bool operator==(const PlacedBox&) const = default;
};

std::optional<GQuark> identity_class(const std::string& uuid) {
  static std::atomic<int> interned = 0;
  if (const GQuark known = g_quark_try_string(uuid.c_str())) return known;
  if (interned.fetch_add(1) < kMostIdentities) return g_quark_from_string(uuid.c_str());
  interned = kMostIdentities;
  return std::nullopt;
}

PlacedBox placed(const Box& box, const FrameResult& results, const GstVideoInfo& info) {
  const Box inside =
      clip(box, static_cast<float>(results.width), static_cast<float>(results.height));
  const double across = static_cast<double>(info.width) / results.width;
  const double down = static_cast<double>(info.height) / results.height;
  const auto pixels = [](double value) { return static_cast<gint>(std::lround(value)); };
  return {pixels(inside.x * across), pixels(inside.y * down), pixels(inside.width * across),
          pixels(inside.height * down)};
}

bool has_track(GstAnalyticsRelationMeta* relations, const GstAnalyticsODMtd& object) {
  gpointer cursor = nullptr;
  GstAnalyticsMtd track;
  return gst_analytics_relation_meta_get_direct_related(
             relations, object.id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
             gst_analytics_tracking_mtd_get_mtd_type(), &cursor, &track) != FALSE;
}

// A detector's own box there, which nobody follows yet.
std::optional<GstAnalyticsODMtd> same_box(GstAnalyticsRelationMeta* relations, GQuark label,
                                          const PlacedBox& wanted) {
  gpointer cursor = nullptr;
  GstAnalyticsODMtd object;
  while (gst_analytics_relation_meta_iterate(relations, &cursor,
                                             gst_analytics_od_mtd_get_mtd_type(), &object)) {
    PlacedBox box;
    gfloat confidence = 0;
    if (gst_analytics_od_mtd_get_location(&object, &box.x, &box.y, &box.width, &box.height,
                                          &confidence) &&
        box == wanted && gst_analytics_od_mtd_get_obj_type(&object) == label &&
        !has_track(relations, object)) {
      return object;
    }
  }
  return std::nullopt;
}

void relate(GstAnalyticsRelationMeta* relations, const ObservedObject& object,
            const PlacedBox& box) {
  const GQuark label = g_quark_from_string(object.detection.label.c_str());
  std::optional<GstAnalyticsODMtd> detection = same_box(relations, label, box);
  if (!detection) {
    detection.emplace();
    if (!gst_analytics_relation_meta_add_od_mtd(relations, label, box.x, box.y, box.width,
                                                box.height, object.detection.score, &*detection)) {
      return;
    }
  }
  GstAnalyticsTrackingMtd track;
  if (gst_analytics_relation_meta_add_tracking_mtd(relations, static_cast<guint64>(object.track_id),
                                                   GST_CLOCK_TIME_NONE, &track)) {
    gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_RELATE_TO,
                                             detection->id, track.id);
  }
  if (!object.identity) return;
  const std::optional<GQuark> who = identity_class(object.identity->uuid);
  GstAnalyticsClsMtd identity;
  if (who && gst_analytics_relation_meta_add_one_cls_mtd(relations, object.identity->score, *who,
                                                         &identity)) {
    gst_analytics_relation_meta_set_relation(relations, GST_ANALYTICS_REL_TYPE_CONTAIN,
                                             detection->id, identity.id);
  }
}

bool is_among(const std::vector<Detection>& detections, const Detection& wanted) {
  return std::any_of(detections.begin(), detections.end(), [&](const Detection& known) {
    return known.box == wanted.box && known.label == wanted.label;
  });
}

}  // namespace

void relate_results(GstBuffer* buffer, const FrameResult& results, const GstVideoInfo& info) {
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(buffer);
  if (relations == nullptr) relations = gst_buffer_add_analytics_relation_meta(buffer);
  if (relations == nullptr) return;
  for (const ObservedObject& object : results.objects) {
    relate(relations, object, placed(object.detection.box, results, info));
  }
}

void add_related_detections(GstBuffer* buffer, std::vector<Detection>& detections) {
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(buffer);
  if (relations == nullptr) return;
  gpointer cursor = nullptr;
  GstAnalyticsODMtd object;
  while (gst_analytics_relation_meta_iterate(relations, &cursor,
                                             gst_analytics_od_mtd_get_mtd_type(), &object)) {
    PlacedBox box;
    gfloat confidence = 1;
    if (!gst_analytics_od_mtd_get_location(&object, &box.x, &box.y, &box.width, &box.height,
                                           &confidence)) {
      continue;
    }
    Detection detection;
    detection.box = {static_cast<float>(box.x), static_cast<float>(box.y),
                     static_cast<float>(box.width), static_cast<float>(box.height)};
    const char* label = g_quark_to_string(gst_analytics_od_mtd_get_obj_type(&object));
    detection.label = label == nullptr || *label == '\0' ? "object" : label;
    // NaN leaves the score at 1, as if the detector had not said.
    if (confidence == confidence) detection.score = std::clamp(confidence, 0.0F, 1.0F);
    if (!is_among(detections, detection)) detections.push_back(std::move(detection));
  }
}

}  // namespace deepstack::gst

#else

namespace deepstack::gst {

void relate_results(GstBuffer* /*buffer*/, const FrameResult& /*results*/,
                    const GstVideoInfo& /*info*/) {}

void add_related_detections(GstBuffer* /*buffer*/, std::vector<Detection>& /*detections*/) {}

}  // namespace deepstack::gst

#endif
