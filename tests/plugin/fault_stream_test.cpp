// What can happen to a stream on its way: caps, sizes, flushes and ends, in the midst of it all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>

#include "tests/support/cost.h"
#include "tests/support/element_harness.h"
#include "tests/support/fault_row.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using Events = ElementHarness::Events;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr double kNoise = 2;  // of a machine that others use, too

GstBuffer* person_frame(const ElementHarness& harness, int number) {
  const auto width = static_cast<float>(harness.info.width);
  const auto height = static_cast<float>(harness.info.height);
  GstBuffer* frame = make_frame(harness.info, static_cast<GstClockTime>(number) * kFrameDistance);
  add_roi(frame, "person", {width / 8, height / 8, width / 4, height / 2}, 0.9, 1);
  return frame;
}

void push(ElementHarness& harness, int first, int count) {
  for (int number = first; number < first + count; ++number) {
    ASSERT_EQ(gst_harness_push(harness.video, person_frame(harness, number)), GST_FLOW_OK);
    gst_buffer_unref(gst_harness_pull(harness.video));
  }
}

std::vector<nlohmann::json> lines_to_eos(ElementHarness& harness) {
  EXPECT_TRUE(harness.push_eos());
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  return harness.lines();
}

TEST(F7, AChangeOfFormatOrRateIsToldAndTheTrackGoesOn) {
  ElementHarness harness(Source::kFile);
  push(harness, 0, 5);
  int number = 5;
  for (const char* caps : {"format=I420,width=64,height=48,framerate=25/1",
                           "format=NV12,width=64,height=48,framerate=25/1",
                           "format=NV12,width=64,height=48,framerate=0/1",
                           "format=NV12,width=64,height=48,framerate=0/1",  // the same again
                           "format=RGB,width=64,height=48,framerate=50/1"}) {
    GstCaps* changed = gst_caps_from_string((std::string("video/x-raw,") + caps).c_str());
    ASSERT_TRUE(gst_video_info_from_caps(&harness.info, changed));
    gst_harness_set_src_caps(harness.video, changed);
    push(harness, number, 1);
    ++number;
  }
  std::vector<std::string> told;
  std::set<int64_t> tracks;
  for (const nlohmann::json& line : lines_to_eos(harness)) {
    if (line["event"] == "stream.changed") {
      told.push_back(line["video"]["format"].get<std::string>() + " " +
                     line["video"]["framerate"].get<std::string>() + " at " +
                     std::to_string(line["timestamp"].get<int64_t>() / int64_t{kFrameDistance}));
    }
    for (const nlohmann::json& object : line.value("objects", nlohmann::json::array())) {
      tracks.insert(object["id"].get<int64_t>());
    }
  }
  EXPECT_EQ(told, (std::vector<std::string>{"I420 25/1 at 5", "NV12 25/1 at 6", "NV12 0/1 at 7",
                                            "RGB 50/1 at 9"}))
      << "each with the first frame that is different";
  EXPECT_EQ(tracks.size(), 1U);
  EXPECT_EQ(harness.stat("frames-analysed"), 10U) << "none is lost by the change";
  fault_row("F7", "frames-lost", 1, 10.0 - static_cast<double>(harness.stat("frames-analysed")));
}

TEST(F8, AChangeOfSizeKeepsTheTrack) {
  ElementHarness harness(Source::kFile);
  int number = 0;
  for (const auto& [width, height] : {std::pair{64, 48}, {1920, 1080}, {63, 47}, {640, 480}}) {
    harness.set_size(width, height);
    push(harness, number, 5);
    number += 5;
  }
  std::set<int64_t> tracks;
  size_t changes = 0;
  for (const nlohmann::json& line : lines_to_eos(harness)) {
    changes += line["event"] == "stream.changed" ? 1 : 0;
    for (const nlohmann::json& object : line.value("objects", nlohmann::json::array())) {
      tracks.insert(object["id"].get<int64_t>());
      EXPECT_NEAR(object["detection"]["bounding_box"]["x_max"].get<double>(), 0.375, 0.03);
    }
  }
  EXPECT_EQ(changes, 3U);
  fault_row("F8", "tracks", 1, static_cast<double>(tracks.size()));
  EXPECT_EQ(tracks.size(), 1U);
}

TEST(F8, AHundredChangesTakeNoMemory) {
  ElementHarness harness(Source::kFile, Events::kNone);
  harness.encoder->forget_calls();
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "attach-meta", 2, nullptr);  // exact: done when it comes out
  harness.play();
  int number = 0;
  const auto change_a_hundred_times = [&] {
    for (int round = 0; round < 50; ++round) {
      for (const auto& [width, height] : {std::pair{64, 48}, {320, 240}}) {
        harness.set_size(width, height);
        push(harness, number++, 1);
      }
    }
    while (GstEvent* event = gst_harness_try_pull_event(harness.video)) gst_event_unref(event);
    const struct mallinfo2 info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
  };
  change_a_hundred_times();  // warm-up: caches, prototypes
  const double before = change_a_hundred_times();
  const double after = change_a_hundred_times();
  fault_row("F8", "grown-kib", 64, (after - before) / 1024);
  if (kCostsAreReal) {
    EXPECT_LE(after - before, 64 << 10) << "less than half a frame";
  }
}

TEST(F11, AFlushReturnsAtOnceWhileTheModelRunsAndDiscardsWhatItFinds) {
  ElementHarness harness(Source::kFile);
  push(harness, 0, 5);
  harness.encoder->take(1s);
  push(harness, 5, 1);
  harness.encoder->wait_for_calls(6);
  const double flush_ms = milliseconds_of([&] {
    EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_start()));
    EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_flush_stop(TRUE)));
  });
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  EXPECT_TRUE(gst_harness_push_event(harness.video, gst_event_new_segment(&segment)));
  harness.lines();  // of before the flush
  harness.encoder->release();
  push(harness, 0, 5);
  size_t stale = 0;
  for (const nlohmann::json& line : lines_to_eos(harness)) {
    stale += line["time"]["timeline"] == 0 ? 1 : 0;
  }
  fault_row("F11", "flush-ms", 50, flush_ms);
  fault_row("F11", "stale-events", 0, static_cast<double>(stale));
  EXPECT_LE(flush_ms, 50 * kNoise);
  EXPECT_EQ(stale, 0U);
}

TEST(F12, EosWaitsForWhatIsInFlight) {
  for (const Source source : {Source::kFile, Source::kLive}) {
    ElementHarness harness(source);
    push(harness, 0, 3);
    harness.encoder->wait_for_calls(1);
    harness.encoder->take(300ms);
    push(harness, 3, 1);
    const std::vector<nlohmann::json> lines = lines_to_eos(harness);
    ASSERT_FALSE(lines.empty());
    const nlohmann::json& stats = lines.back()["stats"];
    EXPECT_EQ(stats["frames_analysed"].get<int>() + stats["frames_dropped"].get<int>(), 4);
    if (source == Source::kFile) {
      EXPECT_EQ(stats["frames_dropped"], 0);
    }
    EXPECT_EQ(harness.warning().text, "");
  }
}

TEST(F12, AModelThatNeverReturnsDelaysEosByTheDrainTimeout) {
  constexpr double kDrain_ms = 200;
  for (const Source source : {Source::kFile, Source::kLive}) {
    ElementHarness harness(source);
    gst_element_set_state(harness.element.get(), GST_STATE_READY);
    g_object_set(harness.element.get(), "drain-timeout", static_cast<gint>(kDrain_ms), nullptr);
    harness.play();
    harness.encoder->hold();
    push(harness, 0, 1);
    harness.encoder->wait_for_calls(1);
    push(harness, 1, 1);
    std::vector<nlohmann::json> lines;
    const double eos_ms = milliseconds_of([&] { lines = lines_to_eos(harness); });
    fault_row("F12", "eos-ms", kDrain_ms, eos_ms);
    EXPECT_GE(eos_ms, kDrain_ms) << "it is given its time";
    EXPECT_LE(eos_ms, kNoise * kDrain_ms + 100);
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.back()["event"], "stats");
    EXPECT_EQ(lines.back()["stats"]["frames_dropped"], 2) << "and what was lost is said";
    EXPECT_THAT(harness.warning().text, HasSubstr("200 ms"));

    const double null_ms =
        milliseconds_of([&] { gst_element_set_state(harness.element.get(), GST_STATE_NULL); });
    fault_row("F12", "null-ms", 200, null_ms);
    EXPECT_LE(null_ms, 200 * kNoise);
  }
}

TEST(F12, AnotherStreamMayFollowOneThatWasGivenUp) {
  ElementHarness harness(Source::kFile);
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "drain-timeout", 20, nullptr);
  harness.play();
  harness.encoder->hold();
  push(harness, 0, 1);
  harness.encoder->wait_for_calls(1);
  lines_to_eos(harness);
  harness.encoder->release();
  gst_element_set_state(harness.element.get(), GST_STATE_READY);
  g_object_set(harness.element.get(), "drain-timeout", -1, nullptr);
  harness.play();
  push(harness, 0, 5);
  EXPECT_EQ(lines_to_eos(harness).back()["stats"]["frames_analysed"], 5);
}

}  // namespace
}  // namespace deepstack::test
