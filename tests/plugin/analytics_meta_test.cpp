// Relations on buffers, where GStreamer has them (tests/newer-gstreamer.sh); without, metas of
// regions of interest are all there is, and nothing else changes.
#include "gst-plugin/analytics_meta.h"

#include <gst/video/gstvideometa.h>
#include <gtest/gtest.h>

#include "gst-plugin/gst_ref.h"
#include "gst-plugin/roi_detections.h"
#include "gst-plugin/roi_results.h"

#if defined(DEEPSTACK_ANALYTICS)
#include <gst/analytics/analytics.h>
#endif

namespace deepstack::gst {
namespace {

FrameResult one_person() {
  ObservedObject person;
  person.detection = {.box = {10, 20, 30, 40}, .score = 0.75F, .label = "person", .label_id = 1};
  person.track_id = 7;
  person.identity.emplace();
  person.identity->uuid = "an-uuid";
  person.identity->score = 0.5F;
  return {{0, 40}, 100, 100, {person}};
}

struct AnalyticsMeta : testing::Test {
  GstVideoInfo info{};
  AnalyticsMeta() { gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, 200, 50); }
};

TEST_F(AnalyticsMeta, WhatIsAttachedIsReadOnceWhicheverKindItIs) {
  const FrameResult results = one_person();
  const GstRef<GstBuffer> buffer(attach_results(gst_buffer_new(), &results, info, 0));
  const std::vector<Detection> detections = roi_detections(buffer.get());
  ASSERT_EQ(detections.size(), 1U);
  EXPECT_EQ(detections[0].box, (Box{20, 10, 60, 20}));
  EXPECT_EQ(detections[0].label, "person");
  EXPECT_EQ(detections[0].score, 0.75F);
}

#if defined(DEEPSTACK_ANALYTICS)

std::vector<GstAnalyticsMtd> all(GstAnalyticsRelationMeta* relations, GstAnalyticsMtdType type) {
  std::vector<GstAnalyticsMtd> found;
  gpointer cursor = nullptr;
  GstAnalyticsMtd one;
  while (gst_analytics_relation_meta_iterate(relations, &cursor, type, &one)) found.push_back(one);
  return found;
}

TEST_F(AnalyticsMeta, ABoxIsRelatedToItsTrackAndContainsItsIdentity) {
  const FrameResult results = one_person();
  const GstRef<GstBuffer> buffer(attach_results(gst_buffer_new(), &results, info, 0));
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(buffer.get());
  ASSERT_NE(relations, nullptr);
  const auto boxes = all(relations, gst_analytics_od_mtd_get_mtd_type());
  ASSERT_EQ(boxes.size(), 1U);
  gint x = 0, y = 0, width = 0, height = 0;
  gfloat confidence = 0;
  ASSERT_TRUE(gst_analytics_od_mtd_get_location(&boxes[0], &x, &y, &width, &height, &confidence));
  EXPECT_EQ((std::vector<gint>{x, y, width, height}), (std::vector<gint>{20, 10, 60, 20}));
  EXPECT_EQ(confidence, 0.75F);
  EXPECT_STREQ(g_quark_to_string(gst_analytics_od_mtd_get_obj_type(&boxes[0])), "person");

  gpointer cursor = nullptr;
  GstAnalyticsMtd track;
  ASSERT_TRUE(gst_analytics_relation_meta_get_direct_related(
      relations, boxes[0].id, GST_ANALYTICS_REL_TYPE_RELATE_TO,
      gst_analytics_tracking_mtd_get_mtd_type(), &cursor, &track));
  guint64 id = 0;
  GstClockTime first = 0, last = 0;
  gboolean lost = TRUE;
  ASSERT_TRUE(gst_analytics_tracking_mtd_get_info(&track, &id, &first, &last, &lost));
  EXPECT_EQ(id, 7U);
  EXPECT_FALSE(lost);

  cursor = nullptr;
  GstAnalyticsMtd identity;
  ASSERT_TRUE(gst_analytics_relation_meta_get_direct_related(
      relations, boxes[0].id, GST_ANALYTICS_REL_TYPE_CONTAIN, gst_analytics_cls_mtd_get_mtd_type(),
      &cursor, &identity));
  EXPECT_STREQ(g_quark_to_string(gst_analytics_cls_mtd_get_quark(&identity, 0)), "an-uuid");
  EXPECT_EQ(gst_analytics_cls_mtd_get_level(&identity, 0), 0.5F);
}

TEST_F(AnalyticsMeta, ADetectorsBoxIsReadAndGetsTheTrack) {
  GstBuffer* detected = gst_buffer_new();
  GstAnalyticsRelationMeta* relations = gst_buffer_add_analytics_relation_meta(detected);
  GstAnalyticsMtd box;
  ASSERT_TRUE(gst_analytics_relation_meta_add_od_mtd(relations, g_quark_from_string("person"), 20,
                                                     10, 60, 20, 0.9F, &box));
  const std::vector<Detection> detections = roi_detections(detected);
  ASSERT_EQ(detections.size(), 1U);
  EXPECT_EQ(detections[0].box, (Box{20, 10, 60, 20}));
  EXPECT_EQ(detections[0].score, 0.9F);

  const FrameResult results = one_person();
  const GstRef<GstBuffer> buffer(attach_results(detected, &results, info, 0));
  relations = gst_buffer_get_analytics_relation_meta(buffer.get());
  EXPECT_EQ(all(relations, gst_analytics_od_mtd_get_mtd_type()).size(), 1U);
  EXPECT_EQ(all(relations, gst_analytics_tracking_mtd_get_mtd_type()).size(), 1U);
}

TEST_F(AnalyticsMeta, ABoxOfBothKindsIsOneDetection) {
  const GstRef<GstBuffer> buffer(gst_buffer_new());
  gst_buffer_add_video_region_of_interest_meta(buffer.get(), "person", 20, 10, 60, 20);
  GstAnalyticsRelationMeta* relations = gst_buffer_add_analytics_relation_meta(buffer.get());
  GstAnalyticsMtd box;
  for (const gint x : {20, 100}) {
    ASSERT_TRUE(gst_analytics_relation_meta_add_od_mtd(relations, g_quark_from_string("person"), x,
                                                       10, 60, 20, 0.9F, &box));
  }
  EXPECT_EQ(roi_detections(buffer.get()).size(), 2U);
}

#endif

}  // namespace
}  // namespace deepstack::gst
