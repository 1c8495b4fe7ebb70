// deepstackoverlay: draws on every format of its caps, in place, and leaves alone what has no
// metas.
#include "gst-plugin/overlay_element.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "gst-plugin/gst_ref.h"
#include "gst-plugin/roi_overlay.h"

namespace deepstack::gst {
namespace {

constexpr int kWidth = 161;  // odd: the last chroma sample stands for less
constexpr int kHeight = 121;

std::vector<std::string> formats() {
  const GstElementFactory* factory = gst_element_factory_find("deepstackoverlay");
  const auto* pad_template = static_cast<GstStaticPadTemplate*>(
      gst_element_factory_get_static_pad_templates(const_cast<GstElementFactory*>(factory))->data);
  GstStaticCaps static_caps = pad_template->static_caps;
  const GstRef<GstCaps> caps(gst_static_caps_get(&static_caps));
  const GValue* list = gst_structure_get_value(gst_caps_get_structure(caps.get(), 0), "format");
  std::vector<std::string> names;
  for (guint i = 0; i < gst_value_list_get_size(list); ++i) {
    names.emplace_back(g_value_get_string(gst_value_list_get_value(list, i)));
  }
  gst_object_unref(const_cast<GstElementFactory*>(factory));
  gst_static_caps_cleanup(&static_caps);
  return names;
}

class Overlaid {
 public:
  explicit Overlaid(GstVideoFormat format) : harness_(gst_harness_new("deepstackoverlay")) {
    gst_video_info_set_format(&info_, format, kWidth, kHeight);
    gst_harness_set_src_caps(harness_, gst_video_info_to_caps(&info_));
  }
  ~Overlaid() { gst_harness_teardown(harness_); }
  Overlaid(const Overlaid&) = delete;
  Overlaid& operator=(const Overlaid&) = delete;

  const GstVideoInfo& info() const { return info_; }
  void set(const char* property, const char* value) {
    gst_util_set_object_arg(G_OBJECT(harness_->element), property, value);
  }

  GstBuffer* grey() const {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info_), nullptr);
    gst_buffer_memset(buffer, 0, 0x40, GST_VIDEO_INFO_SIZE(&info_));
    return buffer;
  }
  GstRef<GstBuffer> push(GstBuffer* buffer) {
    EXPECT_EQ(gst_harness_push(harness_, buffer), GST_FLOW_OK);
    return GstRef<GstBuffer>(gst_harness_pull(harness_));
  }

 private:
  GstHarness* harness_;
  GstVideoInfo info_{};
};

GstVideoRegionOfInterestMeta* add_person(GstBuffer* buffer, const char* state = "confirmed") {
  GstVideoRegionOfInterestMeta* roi =
      gst_buffer_add_video_region_of_interest_meta(buffer, "person", 60, 50, 50, 60);
  gst_video_region_of_interest_meta_add_param(
      roi, gst_structure_new("object_id", "id", G_TYPE_INT, 7, nullptr));
  gst_video_region_of_interest_meta_add_param(
      roi, gst_structure_new("deepstack", "identity", G_TYPE_STRING, "692a6000-b865", "score",
                             G_TYPE_DOUBLE, 0.5, "state", G_TYPE_STRING, state, "age",
                             G_TYPE_UINT64, guint64{100'000'000}, nullptr));
  return roi;
}

// How many pixels of the first component differ from what grey() fills in.
int changed(GstBuffer* buffer, const GstVideoInfo& info, guint component = 0) {
  GstVideoFrame frame;
  EXPECT_TRUE(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
  const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, component));
  const int stride = GST_VIDEO_FRAME_COMP_STRIDE(&frame, component);
  const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component);
  int count = 0;
  for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component); ++y) {
    for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, component); ++x) {
      if (data[y * stride + x * step] != 0x40) ++count;
    }
  }
  gst_video_frame_unmap(&frame);
  return count;
}

bool same_bytes(GstBuffer* a, GstBuffer* b) {
  GstMapInfo map;
  EXPECT_TRUE(gst_buffer_map(b, &map, GST_MAP_READ));
  const bool same = gst_buffer_memcmp(a, 0, map.data, map.size) == 0;
  gst_buffer_unmap(b, &map);
  return same;
}

TEST(OverlayElement, DrawsOnEveryFormatOfItsCaps) {
  ASSERT_EQ(formats().size(), 21U);
  for (const std::string& name : formats()) {
    SCOPED_TRACE(name);
    Overlaid overlaid(gst_video_format_from_string(name.c_str()));
    GstBuffer* buffer = overlaid.grey();
    add_person(buffer);
    const GstRef<GstBuffer> drawn = overlaid.push(buffer);
    EXPECT_EQ(drawn.get(), buffer) << "in place";
    const int least = 400;  // pixels of the box's line and the tag
    EXPECT_GT(changed(drawn.get(), overlaid.info()), least);
    EXPECT_LT(changed(drawn.get(), overlaid.info()), kWidth * kHeight / 3);
    if (GST_VIDEO_INFO_N_COMPONENTS(&overlaid.info()) > 2) {
      EXPECT_GT(changed(drawn.get(), overlaid.info(), 2), least / 4) << "colour, too";
    }
  }
}

TEST(OverlayElement, AFrameWithoutMetasPassesUntouched) {
  Overlaid overlaid(GST_VIDEO_FORMAT_NV12);
  GstBuffer* buffer = overlaid.grey();
  const GstRef<GstBuffer> held = share(buffer);  // so that it cannot be written
  const GstRef<GstBuffer> passed = overlaid.push(buffer);
  EXPECT_EQ(passed.get(), buffer);
  EXPECT_EQ(changed(passed.get(), overlaid.info()), 0);
}

TEST(OverlayElement, AFrameThatOthersHoldIsCopiedNotDrawnOn) {
  Overlaid overlaid(GST_VIDEO_FORMAT_NV12);
  GstBuffer* buffer = overlaid.grey();
  add_person(buffer);
  const GstRef<GstBuffer> held = share(buffer);
  const GstRef<GstBuffer> drawn = overlaid.push(buffer);
  EXPECT_NE(drawn.get(), buffer);
  EXPECT_GT(changed(drawn.get(), overlaid.info()), 0);
  EXPECT_EQ(changed(held.get(), overlaid.info()), 0);
}

TEST(OverlayElement, DrawsTheBoxesOfOtherDetectors) {
  Overlaid overlaid(GST_VIDEO_FORMAT_RGB);
  GstBuffer* buffer = overlaid.grey();
  gst_buffer_add_video_region_of_interest_meta(buffer, "car", 20, 30, 60, 40);
  EXPECT_GT(changed(overlaid.push(buffer).get(), overlaid.info()), 200);
}

TEST(OverlayElement, ReadsWhatDeepstackWritesAndWhatDlStreamerDoes) {
  const GstRef<GstBuffer> buffer(gst_buffer_new());
  add_person(buffer.get(), "tentative");
  GstVideoRegionOfInterestMeta* car =
      gst_buffer_add_video_region_of_interest_meta(buffer.get(), "car", 1, 2, 3, 4);
  gst_video_region_of_interest_meta_add_param(
      car, gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, 0.25, nullptr));
  const std::vector<OverlayObject> objects = roi_overlay(buffer.get());
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].box, (Box{60, 50, 50, 60}));
  EXPECT_EQ(objects[0].track_id, 7);
  EXPECT_EQ(objects[0].identity, "692a6000-b865");
  EXPECT_EQ(objects[0].score, 0.5F);
  EXPECT_EQ(objects[0].age_ns, 100'000'000);
  EXPECT_TRUE(objects[0].tentative);
  EXPECT_EQ(objects[1].label, "car");
  EXPECT_EQ(objects[1].confidence, 0.25F);
  EXPECT_FALSE(objects[1].track_id || objects[1].score || objects[1].tentative);
}

TEST(OverlayElement, PropertiesChangeWhatIsDrawnWhileItRuns) {
  Overlaid overlaid(GST_VIDEO_FORMAT_GRAY8);
  const auto drawn_pixels = [&](const char* state = "confirmed") {
    GstBuffer* buffer = overlaid.grey();
    add_person(buffer, state);
    return changed(overlaid.push(buffer).get(), overlaid.info());
  };
  const int full = drawn_pixels();
  overlaid.set("labels", "none");
  const int boxes_only = drawn_pixels();
  EXPECT_LT(boxes_only, full);
  overlaid.set("line-width", "8");
  EXPECT_GT(drawn_pixels(), 2 * boxes_only);
  overlaid.set("show-tentative", "false");
  EXPECT_EQ(drawn_pixels("tentative"), 0);
}

TEST(OverlayElement, DrawsWhereACropMetaShowsThePicture) {
  Overlaid overlaid(GST_VIDEO_FORMAT_GRAY8);
  overlaid.set("labels", "none");
  GstBuffer* buffer = overlaid.grey();
  gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, kWidth,
                            kHeight);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
  crop->x = 40;
  crop->y = 30;
  crop->width = 80;
  crop->height = 60;
  gst_buffer_add_video_region_of_interest_meta(buffer, "car", 10, 10, 20, 20);
  const GstRef<GstBuffer> drawn = overlaid.push(buffer);
  GstMapInfo map;
  ASSERT_TRUE(gst_buffer_map(drawn.get(), &map, GST_MAP_READ));
  const int stride = GST_VIDEO_INFO_PLANE_STRIDE(&overlaid.info(), 0);
  EXPECT_NE(map.data[(30 + 10) * stride + 40 + 10], 0x40);
  EXPECT_EQ(map.data[10 * stride + 10], 0x40);
  gst_buffer_unmap(drawn.get(), &map);
}

TEST(OverlayElement, AFrameThatCannotBeMappedPassesAndIsToldOnce) {
  Overlaid overlaid(GST_VIDEO_FORMAT_RGB);
  for (int i = 0; i < 3; ++i) {
    GstBuffer* small = gst_buffer_new_allocate(nullptr, 100, nullptr);
    gst_buffer_add_video_region_of_interest_meta(small, "car", 10, 10, 20, 20);
    const GstRef<GstBuffer> before(gst_buffer_copy_deep(small));
    const GstRef<GstBuffer> passed = overlaid.push(small);
    ASSERT_NE(passed, nullptr);
    EXPECT_TRUE(same_bytes(passed.get(), before.get()));
  }
}

}  // namespace
}  // namespace deepstack::gst
