// attach-meta: results on the frames, as readers of DL Streamer know them.
#include "gst-plugin/roi_results.h"

#include <gst/video/gstvideometa.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/element_harness.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;

FrameResult one_person() {
  ObservedObject person;
  person.detection = {.box = {10, 20, 30, 40}, .score = 0.75F, .label = "person", .label_id = 1};
  person.track_id = 7;
  person.identity.emplace();
  person.identity->uuid = "an-uuid";
  person.identity->score = 0.5F;
  return {{0, 40}, 100, 100, {person}};
}

std::vector<GstVideoRegionOfInterestMeta*> rois(GstBuffer* buffer) {
  std::vector<GstVideoRegionOfInterestMeta*> found;
  gpointer cursor = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(
             buffer, &cursor, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    found.push_back(reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta));
  }
  return found;
}

// -1 when the meta names no track.
int track_of(GstVideoRegionOfInterestMeta* roi) {
  int id = -1;
  const GstStructure* track = gst_video_region_of_interest_meta_get_param(roi, "object_id");
  if (track != nullptr) gst_structure_get_int(track, "id", &id);
  return id;
}

struct RoiResults : testing::Test {
  GstVideoInfo info{};
  RoiResults() { gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, 200, 50); }
};

TEST_F(RoiResults, SayWhatWasFoundInTheLayoutOfDlStreamer) {
  const FrameResult results = one_person();
  const GstRef<GstBuffer> buffer(gst::attach_results(gst_buffer_new(), &results, info, 140));
  ASSERT_EQ(rois(buffer.get()).size(), 1U);
  GstVideoRegionOfInterestMeta* roi = rois(buffer.get())[0];
  EXPECT_STREQ(g_quark_to_string(roi->roi_type), "person");
  EXPECT_EQ((std::vector<guint>{roi->x, roi->y, roi->w, roi->h}),
            (std::vector<guint>{20, 10, 60, 20}))
      << "in pixels of this frame";
  const GstStructure* detection = gst_video_region_of_interest_meta_get_param(roi, "detection");
  double x_min = 0;
  double confidence = 0;
  int label_id = 0;
  ASSERT_TRUE(gst_structure_get(detection, "x_min", G_TYPE_DOUBLE, &x_min, "confidence",
                                G_TYPE_DOUBLE, &confidence, "label_id", G_TYPE_INT, &label_id,
                                nullptr));
  EXPECT_FLOAT_EQ(static_cast<float>(x_min), 0.1F);
  EXPECT_EQ(confidence, 0.75);
  EXPECT_EQ(label_id, 1);
  EXPECT_EQ(track_of(roi), 7);
  const GstStructure* ours = gst_video_region_of_interest_meta_get_param(roi, "deepstack");
  EXPECT_STREQ(gst_structure_get_string(ours, "identity"), "an-uuid");
  EXPECT_STREQ(gst_structure_get_string(ours, "state"), "tentative");
  guint64 age_ns = 0;
  ASSERT_TRUE(gst_structure_get_uint64(ours, "age", &age_ns));
  EXPECT_EQ(age_ns, 100U);
}

TEST_F(RoiResults, ABufferThatOthersHoldIsNotTouchedAndItsMemoryIsShared) {
  const FrameResult results = one_person();
  const GstRef<GstBuffer> original(gst_buffer_new_allocate(nullptr, 16, nullptr));
  const GstRef<GstBuffer> pushed(
      gst::attach_results(gst_buffer_ref(original.get()), &results, info, {}));
  EXPECT_NE(pushed.get(), original.get());
  EXPECT_TRUE(rois(original.get()).empty());
  EXPECT_EQ(rois(pushed.get()).size(), 1U);
  EXPECT_EQ(gst_buffer_peek_memory(pushed.get(), 0), gst_buffer_peek_memory(original.get(), 0));
}

TEST_F(RoiResults, NothingFoundLeavesTheBufferAlone) {
  const FrameResult nothing{{0, 0}, 10, 10, {}};
  GstBuffer* const buffer = gst_buffer_new();
  const GstRef<GstBuffer> other(gst_buffer_ref(buffer));
  EXPECT_EQ(gst::attach_results(buffer, nullptr, info, 0), buffer);
  EXPECT_EQ(gst::attach_results(buffer, &nothing, info, 0), buffer);
  gst_buffer_unref(buffer);
}

TEST_F(RoiResults, ADetectorsMetaOfTheBoxGetsTheTrack) {
  const FrameResult results = one_person();
  GstBuffer* detected = gst_buffer_new();
  add_roi(detected, "person", {20, 10, 60, 20}, 0.9, 1);
  const GstRef<GstBuffer> buffer(gst::attach_results(detected, &results, info, 0));
  ASSERT_EQ(rois(buffer.get()).size(), 1U);
  EXPECT_EQ(track_of(rois(buffer.get())[0]), 7);
}

// The track of the person of ElementHarness on frame `number`; -1 when nothing is attached.
int pushed_track(ElementHarness& harness, int number) {
  EXPECT_EQ(harness.push(number), GST_FLOW_OK);
  const GstRef<GstBuffer> out(gst_harness_try_pull(harness.video));
  int track = -1;
  for (auto* roi : rois(out.get())) track = std::max(track, track_of(roi));
  return track;
}

TEST(AttachMeta, NoneIsTheDefault) {
  ElementHarness harness(Source::kFile);
  for (int number = 0; number < 10; ++number) EXPECT_EQ(pushed_track(harness, number), -1);
}

TEST(AttachMeta, ExactIsTheFramesOwnResult) {
  ElementHarness harness(Source::kFile);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "attach-meta", 2, nullptr);
  harness.play();
  std::vector<int> tracks;
  for (int number = 0; number < 6; ++number) tracks.push_back(pushed_track(harness, number));
  EXPECT_EQ(tracks, (std::vector<int>{-1, -1, 1, 1, 1, 1})) << "confirmed with the third sighting";
}

TEST(AttachMeta, LatestNeverWaitsAndSaysHowOldItIs) {
  ElementHarness harness(Source::kLive);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "attach-meta", 1, nullptr);
  harness.play();
  // The next frame of the stream when the one before is analysed; until then that one again.
  while (harness.stat("frames-analysed") < 4) {
    pushed_track(harness, static_cast<int>(harness.stat("frames-analysed")));
  }
  harness.encoder->hold();
  EXPECT_EQ(pushed_track(harness, 5), 1) << "while the model hangs";
  EXPECT_EQ(pushed_track(harness, 6), 1);
}

TEST(AttachMeta, ALiveSourceIsNotHeldUpByExact) {
  ElementHarness harness(Source::kLive);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "attach-meta", 2, nullptr);
  harness.play();
  harness.encoder->hold();
  for (int number = 0; number < 5; ++number) EXPECT_EQ(pushed_track(harness, number), -1);
  EXPECT_NE(harness.warning().text.find("latest"), std::string::npos);
}

TEST(AttachMeta, AFlushReleasesAFrameThatWaitsForItsResult) {
  ElementHarness harness(Source::kFile);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "attach-meta", 2, nullptr);
  harness.play();
  harness.encoder->hold();
  std::thread waiting([&] { harness.push(0); });
  harness.encoder->wait_for_calls(1);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
  waiting.join();
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_stop(TRUE)));
}

}  // namespace
}  // namespace deepstack::test
