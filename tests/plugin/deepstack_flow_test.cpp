// The way of video through the element: buffers, events and queries at the sink and src pads.
#include "gst-plugin/deepstack_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/element_harness.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using Events = ElementHarness::Events;
using testing::HasSubstr;

GstFlowReturn refuse(GstPad* /*pad*/, GstObject* /*parent*/, GstBuffer* buffer) {
  gst_buffer_unref(buffer);
  return GST_FLOW_CUSTOM_ERROR_1;
}

TEST(Flow, PassesTheVeryBufferAtOnceWhileTheModelIsBusy) {
  ElementHarness harness(Source::kLive);
  harness.encoder->hold();
  for (int number = 0; number < 20; ++number) {
    GstBuffer* in = harness.person_frame(number);
    ASSERT_EQ(gst_harness_push(harness.video, in), GST_FLOW_OK);
    const GstRef<GstBuffer> out(gst_harness_try_pull(harness.video));
    EXPECT_EQ(out.get(), in);
  }
}

TEST(Flow, LiveKeepsTheNewestFrameAndCountsTheRest) {
  ElementHarness harness(Source::kLive);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  harness.push_through(1, 9);
  harness.encoder->release();
  EXPECT_TRUE(harness.push_eos());

  const std::vector<ScriptedEncoder::Call> calls = harness.encoder->calls();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[1].first_pixel[0], 9);
  EXPECT_EQ(harness.stat("frames-in"), 10U);
  EXPECT_EQ(harness.stat("frames-dropped"), 8U);
  EXPECT_EQ(harness.stat("frames-analysed"), 2U);
}

TEST(Flow, OfAFileEveryFrameIsAnalysed) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 100);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-analysed"), 100U);
  EXPECT_EQ(harness.stat("frames-dropped"), 0U);
  EXPECT_EQ(harness.encoder->calls().back().first_pixel[0], 99);
}

TEST(Flow, EosOnTheVideoWaitsForTheLastFrameWhenNobodyTakesEvents) {
  ElementHarness harness(Source::kFile, Events::kNone);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  // Called where EOS leaves the element; releasing the model any earlier would prove nothing.
  uint64_t analysed_at_eos = 0;
  struct Seen {
    ElementHarness* harness;
    uint64_t* analysed;
  } seen{&harness, &analysed_at_eos};
  const GstRef<GstPad> src(gst_element_get_static_pad(harness.element.get(), "src"));
  gst_pad_add_probe(
      src.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        const auto* target = static_cast<Seen*>(data);
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
          *target->analysed = target->harness->stat("frames-analysed");
        }
        return GST_PAD_PROBE_OK;
      },
      &seen, nullptr);
  std::thread end([&] { EXPECT_TRUE(harness.push_eos()); });
  harness.encoder->release();
  end.join();
  EXPECT_EQ(analysed_at_eos, 1U);
}

TEST(Flow, LiveEosPassesAtOnceAndIsNotHeldUpForEverByAModelThatHangs) {
  ElementHarness harness(Source::kLive);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  EXPECT_TRUE(harness.push_eos());  // two seconds
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_EOS), nullptr);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  EXPECT_THAT(harness.warning().text, HasSubstr("not analysed"));
}

TEST(Flow, AnotherStreamMayFollowEosWithoutAFlush) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 5);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);

  gst_harness_push_event(harness.video, gst_event_new_stream_start("another"));
  gst_harness_set_src_caps(harness.video, gst_video_info_to_caps(&harness.info));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.video, gst_event_new_segment(&segment));
  harness.push_through(0, 5);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-analysed"), 10U);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_STREAM_START), nullptr);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
}

void flush(ElementHarness& harness) {
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_segment(&segment)));
}

TEST(Flow, FlushDiscardsTheWaitingFrameAndTheResultOfTheOneUnderWay) {
  ElementHarness harness(Source::kFile);
  harness.encoder->hold();
  harness.push_through(100, 1);
  harness.encoder->wait_for_calls(1);
  harness.push_through(101, 1);
  flush(harness);
  harness.encoder->release();
  harness.push_through(0, 5);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);

  EXPECT_EQ(harness.encoder->calls().size(), 6U);
  const std::vector<nlohmann::json> lines = harness.lines();
  EXPECT_FALSE(lines.empty());
  for (const nlohmann::json& line : lines) {
    EXPECT_LT(line["timestamp"], 5 * kFrameDistance) << line;
  }
}

TEST(Flow, FlushReleasesAFrameThatWaitsForRoom) {
  ElementHarness harness(Source::kFile);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  harness.push_through(1, 1);
  std::thread waiting([&] { harness.push(2); });  // no room until the model has done frame 0
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
  waiting.join();
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_stop(TRUE)));
}

TEST(Flow, BoxesFromUpstreamAreWhatIsAnalysed) {
  ElementHarness harness(Source::kFile);
  for (int number = 0; number < 10; ++number) {
    GstBuffer* frame = make_frame(harness.info, number * kFrameDistance);
    add_roi(frame, "car", {4, 6, 20, 30}, 0.75, 7);
    add_roi(frame, "person", {40, 2, 10, 20}, 0.875, 1);
    ASSERT_EQ(gst_harness_push(harness.video, frame), GST_FLOW_OK);
  }
  EXPECT_TRUE(harness.push_eos());
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  EXPECT_THAT(harness.encoder->calls().front().boxes,
              testing::ElementsAre(Box{4, 6, 20, 30}, Box{40, 2, 10, 20}));
  bool car_seen = false;
  for (const nlohmann::json& line : harness.lines()) {
    if (line["event"] != "new") continue;
    const nlohmann::json& object = line["objects"][0];
    if (object["roi_type"] != "car") continue;
    car_seen = true;
    EXPECT_EQ(object["detection"]["label_id"], 7);
    EXPECT_EQ(object["detection"]["confidence"], 0.75);
  }
  EXPECT_TRUE(car_seen);
}

TEST(Flow, EveryFormatPassesAndIsAnalysedInOddSizes) {
  for (const GstVideoFormat format :
       {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA,
        GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_I420,
        GST_VIDEO_FORMAT_NV12}) {
    SCOPED_TRACE(gst_video_format_to_string(format));
    ElementHarness harness(Source::kFile);
    for (const auto& [width, height] : {std::pair{64, 48}, {63, 47}, {2, 2}, {1, 1}, {321, 5}}) {
      harness.set_size(width, height, format);
      harness.push_through(0, 1);
    }
    EXPECT_TRUE(harness.push_eos());
    EXPECT_EQ(harness.stat("frames-analysed"), 5U);
    EXPECT_EQ(harness.stat("frames-failed"), 0U);
  }
}

TEST(Flow, TheResolutionMayChangeWhileFramesAreUnderWay) {
  ElementHarness harness(Source::kFile);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  harness.push_through(1, 1);
  harness.set_size(1280, 720, GST_VIDEO_FORMAT_NV12);
  std::thread next([&] { harness.push(2); });
  harness.encoder->release();
  next.join();
  EXPECT_TRUE(harness.push_eos());
  const std::vector<ScriptedEncoder::Call> calls = harness.encoder->calls();
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[1].width, 64);
  EXPECT_EQ(calls[2].width, 1280);
  EXPECT_EQ(calls[2].height, 720);
}

TEST(Flow, FramesWithoutTimeStampsAreAnalysed) {
  ElementHarness harness(Source::kFile);
  for (int number = 0; number < 5; ++number) {
    GstBuffer* frame = harness.person_frame(number);
    GST_BUFFER_PTS(frame) = GST_CLOCK_TIME_NONE;
    ASSERT_EQ(gst_harness_push(harness.video, frame), GST_FLOW_OK);
  }
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-analysed"), 5U);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  for (const nlohmann::json& line : harness.lines()) EXPECT_FALSE(line["time"].contains("pts"));
}

TEST(Flow, EventTimesAreRunningTimes) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 1);  // the harness's own segment begins at 0
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.position = 10 * GST_SECOND;
  segment.base = 2 * GST_SECOND;
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_segment(&segment)));
  harness.push_through(250, 5);  // 10 s in
  EXPECT_TRUE(harness.push_eos());
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  EXPECT_EQ(harness.lines().back()["timestamp"], 2 * GST_SECOND + 4 * kFrameDistance);
}

TEST(Flow, FramesOutsideOfTheSegmentPassUnseen) {
  ElementHarness harness(Source::kFile);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 2 * kFrameDistance;
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_segment(&segment)));
  harness.push_through(0, 5);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-in"), 3U);
}

TEST(Flow, ASegmentInBytesLeavesTheVideoAlone) {
  ElementHarness harness(Source::kFile);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_segment(&segment)));
  harness.push_through(0, 5);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-analysed"), 5U);
}

TEST(Flow, AnUnlinkedVideoPadReturnsItsOwnAnswer) {
  const auto encoder = std::make_shared<ScriptedEncoder>();
  const Owned<GstElement> element = make_deepstack(encoder);
  GstHarness* harness = gst_harness_new_with_element(element.get(), "sink", nullptr);
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_RGB, 8, 8);
  gst_harness_set_src_caps(harness, gst_video_info_to_caps(&info));
  EXPECT_EQ(gst_harness_push(harness, make_frame(info, 0)), GST_FLOW_NOT_LINKED);
  gst_harness_teardown(harness);
}

TEST(Flow, TheAnswerOfDownstreamGoesUp) {
  ElementHarness harness(Source::kFile);
  gst_pad_set_chain_function(harness.video->sinkpad, refuse);
  EXPECT_EQ(harness.push(0), GST_FLOW_CUSTOM_ERROR_1);
}

TEST(Flow, UnusableCapsAreNotNegotiated) {
  ElementHarness harness(Source::kFile);
  gst_harness_set_src_caps(harness.video, gst_caps_from_string("video/x-raw,format=RGB,width=8"));
  EXPECT_EQ(harness.push(0), GST_FLOW_NOT_NEGOTIATED);
}

TEST(Flow, AFailingModelWarnsAndTheVideoRunsOn) {
  ElementHarness harness(Source::kFile);
  harness.encoder->answer(Status(StatusCode::kExhausted, "no memory for the script"));
  harness.push_through(0, 3);
  harness.encoder->answer(Status());
  harness.push_through(3, 3);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_GE(harness.stat("frames-failed"), 1U);
  EXPECT_EQ(harness.stat("frames-failed") + harness.stat("frames-analysed"), 6U);
  const Report warning = harness.warning();
  EXPECT_EQ(warning.text, "no memory for the script");
  EXPECT_EQ(warning.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(warning.code, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}

TEST(Flow, NoLatencyIsAdded) {
  ElementHarness harness(Source::kLive);
  gst_harness_set_upstream_latency(harness.video, 30 * GST_MSECOND);
  EXPECT_EQ(gst_harness_query_latency(harness.video), 30 * GST_MSECOND);
  EXPECT_EQ(gst_harness_query_latency(harness.events), 30 * GST_MSECOND);
}

TEST(Flow, AsksUpstreamForTwoBuffersMore) {
  ElementHarness harness(Source::kFile);
  const GstRef<GstPad> src(gst_element_get_static_pad(harness.element.get(), "src"));
  gst_pad_add_probe(
      src.get(), GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer) {
        GstQuery* query = GST_PAD_PROBE_INFO_QUERY(info);
        if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
        gst_query_add_allocation_pool(query, nullptr, 100, 3, 0);
        gst_query_add_allocation_pool(query, nullptr, 100, 3, 4);
        return GST_PAD_PROBE_HANDLED;
      },
      nullptr, nullptr);
  const GstRef<GstQuery> query(gst_query_new_allocation(nullptr, FALSE));
  ASSERT_TRUE(gst_pad_peer_query(harness.video->srcpad, query.get()));
  guint lowest = 0;
  gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &lowest, nullptr);
  EXPECT_EQ(lowest, 5U);
  gst_query_parse_nth_allocation_pool(query.get(), 1, nullptr, nullptr, &lowest, nullptr);
  EXPECT_EQ(lowest, 4U) << "a pool's own limit stands";
}

TEST(Flow, CapsOfDownstreamShowThroughAndThoseOfTheEventsDoNot) {
  ElementHarness harness(Source::kFile);
  gst_harness_set_sink_caps_str(harness.events, "application/x-json");
  gst_harness_set_sink_caps_str(harness.video, "video/x-raw,format=RGB,width=64,height=48");
  const GstRef<GstCaps> caps(gst_pad_peer_query_caps(harness.video->srcpad, nullptr));
  const GstRef<GstCaps> expected(gst_caps_from_string("video/x-raw,format=RGB,width=64,height=48"));
  EXPECT_FALSE(gst_caps_is_empty(caps.get()));
  EXPECT_TRUE(gst_caps_is_subset(caps.get(), expected.get()));
}

TEST(Flow, OtherEventsGoToTheVideoOnly) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 1);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_gap(GST_SECOND, GST_SECOND)));
  EXPECT_TRUE(gst_harness_push_event(
      harness.video, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                                          gst_structure_new_empty("something-of-ours"))));
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_GAP), nullptr);
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_CUSTOM_DOWNSTREAM), nullptr);
  EXPECT_TRUE(harness.push_eos());
  while (GstEvent* event = gst_harness_pull_event(harness.events)) {
    const Owned<GstEvent> owned(event);
    EXPECT_NE(GST_EVENT_TYPE(event), GST_EVENT_CUSTOM_DOWNSTREAM);
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) break;
  }
}

}  // namespace
}  // namespace deepstack::test
