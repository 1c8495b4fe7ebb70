// The events pad: what comes out of it, and that nothing which happens to it reaches the video.
#include "gst-plugin/events_pad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/element_harness.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using Events = ElementHarness::Events;
using testing::HasSubstr;

GstFlowReturn fail(GstPad* /*pad*/, GstObject* /*parent*/, GstBuffer* buffer) {
  gst_buffer_unref(buffer);
  return GST_FLOW_ERROR;
}

void analyse_all(ElementHarness& harness, int count) {
  harness.push_through(0, count);
  EXPECT_TRUE(harness.push_eos());
}

void end_flush(ElementHarness& harness) {
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_stop(TRUE)));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_segment(&segment)));
}

void expect_next(ElementHarness& harness, std::initializer_list<GstEventType> types) {
  for (const GstEventType type : types) {
    const Owned<GstEvent> event(gst_harness_pull_event(harness.events));
    ASSERT_NE(event, nullptr);
    EXPECT_STREQ(GST_EVENT_TYPE_NAME(event.get()), gst_event_type_get_name(type));
  }
}

TEST(EventsPad, BeginsWithStreamCapsSegmentAndAGapBeforeAnyLine) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 1);
  Owned<GstEvent> event(gst_harness_pull_event(harness.events));
  ASSERT_EQ(GST_EVENT_TYPE(event.get()), GST_EVENT_STREAM_START);
  GstStreamFlags flags = GST_STREAM_FLAG_NONE;
  const gchar* stream_id = nullptr;
  gst_event_parse_stream_flags(event.get(), &flags);
  gst_event_parse_stream_start(event.get(), &stream_id);
  EXPECT_TRUE((flags & GST_STREAM_FLAG_SPARSE) != 0);
  EXPECT_THAT(stream_id, testing::EndsWith("events"));

  event.reset(gst_harness_pull_event(harness.events));
  ASSERT_EQ(GST_EVENT_TYPE(event.get()), GST_EVENT_CAPS);
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event.get(), &caps);
  const GstRef<GstCaps> expected(gst_caps_from_string("application/x-json,format=deepstack-1"));
  EXPECT_TRUE(gst_caps_is_equal(caps, expected.get()));

  event.reset(gst_harness_pull_event(harness.events));
  ASSERT_EQ(GST_EVENT_TYPE(event.get()), GST_EVENT_SEGMENT);
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(event.get(), &segment);
  EXPECT_EQ(segment->format, GST_FORMAT_TIME);
  EXPECT_EQ(segment->start, 0U);

  event.reset(gst_harness_pull_event(harness.events));
  EXPECT_EQ(GST_EVENT_TYPE(event.get()), GST_EVENT_GAP);
}

// In a second there would be one anyway; a pipeline in preroll is not to wait that long.
TEST(EventsPad, ItsCapsSayWhoseJsonItsLinesAre) {
  ElementHarness harness(Source::kFile);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  gst_util_set_object_arg(G_OBJECT(harness.element.get()), "schema", "onvif-mj");
  harness.play();
  analyse_all(harness, 6);
  const GstRef<GstBuffer> line(gst_harness_pull(harness.events));
  const GstRef<GstPad> pad(gst_element_get_static_pad(harness.element.get(), "events"));
  const GstRef<GstCaps> caps(gst_pad_get_current_caps(pad.get()));
  const GstRef<GstCaps> expected(gst_caps_from_string("application/x-json,format=onvif-mj"));
  EXPECT_TRUE(gst_caps_is_equal(caps.get(), expected.get()));
  GstMapInfo map;
  ASSERT_TRUE(gst_buffer_map(line.get(), &map, GST_MAP_READ));
  const std::string text(reinterpret_cast<const char*>(map.data), map.size);
  gst_buffer_unmap(line.get(), &map);
  EXPECT_THAT(text, testing::StartsWith("{\"Frame\":[{"));
}

TEST(EventsPad, TheFirstGapComesBeforeTheFirstLine) {
  ElementHarness harness(Source::kFile, Events::kBlocked);
  const GstRef<GstPad> pad(gst_pad_get_peer(harness.events->sinkpad));
  std::vector<std::string> order;
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* data, gpointer names) {
        const bool line = (data->type & GST_PAD_PROBE_TYPE_BUFFER) != 0;
        static_cast<std::vector<std::string>*>(names)->emplace_back(
            line ? "line" : GST_EVENT_TYPE_NAME(GST_PAD_PROBE_INFO_EVENT(data)));
        return GST_PAD_PROBE_OK;
      },
      &order, nullptr);
  harness.unblock_events();
  analyse_all(harness, 20);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  const auto gap = std::find(order.begin(), order.end(), "gap");
  const auto line = std::find(order.begin(), order.end(), "line");
  ASSERT_NE(line, order.end());
  EXPECT_LT(gap - order.begin(), line - order.begin());
}

TEST(EventsPad, BelongsToTheGroupOfTheVideo) {
  ElementHarness harness(Source::kFile);
  GstEvent* start = gst_event_new_stream_start("of-a-group");
  gst_event_set_group_id(start, 4711);
  EXPECT_TRUE(gst_harness_push_event(harness.video, start));
  gst_harness_set_src_caps(harness.video, gst_video_info_to_caps(&harness.info));
  harness.push_through(0, 1);
  EXPECT_TRUE(harness.push_eos());
  guint group_id = 0;
  while (GstEvent* event = gst_harness_pull_event(harness.events)) {
    const Owned<GstEvent> owned(event);
    if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) gst_event_parse_group_id(event, &group_id);
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) break;
  }
  EXPECT_EQ(group_id, 4711U);
}

TEST(EventsPad, SendsLinesOfJsonAndThenEos) {
  ElementHarness harness(Source::kFile);
  analyse_all(harness, 10);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  const std::vector<nlohmann::json> lines = harness.lines();
  ASSERT_GE(lines.size(), 3U);
  EXPECT_EQ(lines.front()["event"], "new");
  EXPECT_EQ(lines.back()["event"], "stats");
  EXPECT_EQ(lines.back()["stats"]["frames_analysed"], 10);
}

TEST(EventsPad, EosWaitsForInFlightInference) {
  ElementHarness harness(Source::kFile);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  std::thread end([&] { EXPECT_TRUE(harness.push_eos()); });
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_EOS), nullptr);
  while (GstEvent* event = gst_harness_try_pull_event(harness.events)) {
    const Owned<GstEvent> owned(event);
    EXPECT_NE(GST_EVENT_TYPE(event), GST_EVENT_EOS);
  }
  harness.encoder->release();
  end.join();
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  EXPECT_EQ(harness.lines().back()["stats"]["frames_analysed"], 1);
}

TEST(EventsPad, BlockedItDoesNotStopLiveVideo) {
  ElementHarness harness(Source::kLive, Events::kBlocked);
  harness.push_through(0, 200);
  EXPECT_EQ(gst_harness_buffers_received(harness.video), 200U);
  EXPECT_EQ(gst_harness_buffers_received(harness.events), 0U);
  harness.unblock_events();
}

TEST(EventsPad, BlockedItDoesNotKeepEosFromTheVideoOfAFile) {
  ElementHarness harness(Source::kFile, Events::kBlocked);
  analyse_all(harness, 20);
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_EOS), nullptr);
  EXPECT_EQ(harness.stat("frames-analysed"), 20U);
  harness.unblock_events();
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
}

TEST(EventsPad, FailingItWarnsOnceIsCountedAndTheVideoRunsOn) {
  ElementHarness harness(Source::kFile);
  gst_pad_set_chain_function(harness.events->sinkpad, fail);
  analyse_all(harness, 20);
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_EOS), nullptr);
  EXPECT_EQ(harness.stat("frames-analysed"), 20U);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  EXPECT_GE(harness.stat("events-undelivered"), 20U);
  EXPECT_THAT(harness.warning().text, HasSubstr("events are lost"));
  EXPECT_EQ(harness.warning().text, "");
}

TEST(EventsPad, AfterAFlushAPadThatFailedIsTriedAgain) {
  ElementHarness harness(Source::kFile);
  const GstPadChainFunction healthy = GST_PAD_CHAINFUNC(harness.events->sinkpad);
  gst_pad_set_chain_function(harness.events->sinkpad, fail);
  harness.push_through(0, 20);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
  gst_pad_set_chain_function(harness.events->sinkpad, healthy);
  end_flush(harness);
  analyse_all(harness, 20);
  const GstRef<GstBuffer> line(gst_harness_pull(harness.events));
  EXPECT_NE(line, nullptr);
}

TEST(EventsPad, UnlinkedItWarnsOnceIsCountedAndTheVideoRunsOn) {
  ElementHarness harness(Source::kFile, Events::kUnlinked);
  analyse_all(harness, 20);
  EXPECT_NE(ElementHarness::wait_for_event(harness.video, GST_EVENT_EOS), nullptr);
  EXPECT_EQ(harness.stat("frames-analysed"), 20U);
  EXPECT_THAT(harness.wait_for_warning().text, HasSubstr("not-linked"));
  EXPECT_GE(harness.stat("events-undelivered"), 1U);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);  // joins the task
  EXPECT_EQ(harness.warning().text, "");
}

TEST(EventsPad, WithoutItLinesAreThrownAwayAndNothingFillsUp) {
  ElementHarness harness(Source::kFile, Events::kNone);
  analyse_all(harness, 6000);  // more updates than the queue of lines holds
  EXPECT_EQ(harness.stat("frames-analysed"), 6000U);
  EXPECT_EQ(harness.stat("events-undelivered"), 0U);
}

TEST(EventsPad, ThereIsOneAtMost) {
  ElementHarness harness(Source::kFile, Events::kUnlinked);
  GstPadTemplate* pad_template = gst_element_get_pad_template(harness.element.get(), "events");
  EXPECT_EQ(gst_element_request_pad(harness.element.get(), pad_template, nullptr, nullptr),
            nullptr);
}

TEST(EventsPad, ItMayComeAndGoWhileTheVideoRuns) {
  ElementHarness harness(Source::kFile, Events::kNone);
  for (int round = 0; round < 5; ++round) {
    harness.push_through(10 * round, 5);
    GstHarness* events = gst_harness_new_with_element(harness.element.get(), nullptr, "events");
    harness.push_through(10 * round + 5, 5);
    const GstRef<GstBuffer> line(gst_harness_pull(events));
    EXPECT_NE(line, nullptr);
    EXPECT_NE(ElementHarness::wait_for_event(events, GST_EVENT_GAP), nullptr);
    gst_harness_teardown(events);
  }
}

TEST(EventsPad, SeeksAndQualityReportsFromItsSideStopThere) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 1);
  EXPECT_TRUE(gst_harness_push_upstream_event(
      harness.events, gst_event_new_seek(1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                                         0, GST_SEEK_TYPE_NONE, 0)));
  EXPECT_TRUE(gst_harness_push_upstream_event(
      harness.events, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 0.5, 0, 0)));
  while (GstEvent* event = gst_harness_try_pull_upstream_event(harness.video)) {
    const Owned<GstEvent> owned(event);
    EXPECT_EQ(GST_EVENT_TYPE(event), GST_EVENT_RECONFIGURE);
  }
}

TEST(EventsPad, AfterAFlushANewSegmentAndAGapComeFirst) {
  ElementHarness harness(Source::kFile);
  harness.push_through(0, 5);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_GAP), nullptr);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
  end_flush(harness);
  expect_next(harness,
              {GST_EVENT_FLUSH_START, GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_GAP});
}

TEST(EventsPad, AHeaderThatAFlushMeetsIsSentAgain) {
  ElementHarness harness(Source::kFile, Events::kBlocked);
  harness.push_through(0, 5);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
  harness.unblock_events();
  end_flush(harness);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_FLUSH_STOP), nullptr);
  expect_next(harness, {GST_EVENT_STREAM_START, GST_EVENT_CAPS, GST_EVENT_SEGMENT, GST_EVENT_GAP});
}

}  // namespace
}  // namespace deepstack::test
