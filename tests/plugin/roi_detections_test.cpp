// Region-of-interest metas become detections.
#include "gst-plugin/roi_detections.h"

#include <gst/video/gstvideometa.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gst-plugin/gst_ref.h"

namespace deepstack::gst {
namespace {

struct RoiDetections : testing::Test {
  GstRef<GstBuffer> buffer{gst_buffer_new()};

  GstVideoRegionOfInterestMeta* add(const char* label) {
    return gst_buffer_add_video_region_of_interest_meta(buffer.get(), label, 1, 2, 30, 40);
  }
  void add_with_confidence(double confidence) {
    gst_video_region_of_interest_meta_add_param(
        add("person"),
        gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, confidence, nullptr));
  }
};

TEST_F(RoiDetections, ABufferWithoutMetasHasNone) {
  EXPECT_TRUE(roi_detections(buffer.get()).empty());
}

TEST_F(RoiDetections, KeepBoxLabelConfidenceAndLabelId) {
  gst_video_region_of_interest_meta_add_param(
      add("person"), gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, 0.25, "label_id",
                                       G_TYPE_INT, 3, nullptr));
  add("car");
  const std::vector<Detection> detections = roi_detections(buffer.get());
  ASSERT_EQ(detections.size(), 2U);
  EXPECT_EQ(detections[0].box, (Box{1, 2, 30, 40}));
  EXPECT_EQ(detections[0].label, "person");
  EXPECT_EQ(detections[0].score, 0.25F);
  EXPECT_EQ(detections[0].label_id, 3);
  EXPECT_EQ(detections[1].label, "car");
  EXPECT_EQ(detections[1].score, 1);
  EXPECT_EQ(detections[1].label_id, -1);
}

TEST_F(RoiDetections, WithoutALabelAreObjects) {
  gst_buffer_add_video_region_of_interest_meta_id(buffer.get(), 0, 1, 2, 3, 4);
  EXPECT_EQ(roi_detections(buffer.get()).front().label, "object");
}

TEST_F(RoiDetections, HaveScoresFromZeroToOneWhateverUpstreamSays) {
  for (const double confidence : {-1.0, 7.0, std::nan("")}) add_with_confidence(confidence);
  const std::vector<Detection> detections = roi_detections(buffer.get());
  ASSERT_EQ(detections.size(), 3U);
  EXPECT_EQ(detections[0].score, 0);
  EXPECT_EQ(detections[1].score, 1);
  EXPECT_EQ(detections[2].score, 1);
}

}  // namespace
}  // namespace deepstack::gst
