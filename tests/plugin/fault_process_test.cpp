// Many elements in a process, started and stopped at any moment; and frames of any size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "tests/support/element_harness.h"
#include "tests/support/fault_row.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using Events = ElementHarness::Events;
using namespace std::chrono_literals;

constexpr double kNoise = 2;

TEST(F13, NullDoesNotWaitForTheModel) {
  constexpr int kRounds = 20;  // a thousand in tests/fault
  std::vector<double> times_ms;
  for (int round = 0; round < kRounds; ++round) {
    ElementHarness harness(Source::kLive);
    harness.encoder->hold();
    harness.push_through(0, 2);
    harness.encoder->wait_for_calls(1);
    times_ms.push_back(
        milliseconds_of([&] { gst_element_set_state(harness.element.get(), GST_STATE_NULL); }));
  }
  const double longest_ms = *std::max_element(times_ms.begin(), times_ms.end());
  fault_row("F13", "null-max-ms", 200, longest_ms);
  EXPECT_LE(longest_ms, 200 * kNoise);
}

TEST(F13, AModelThatComesBackAfterNullTellsNobody) {
  const auto encoder = std::make_shared<ScriptedEncoder>();
  {
    ElementHarness harness(Source::kLive, Events::kLinked, encoder);
    encoder->hold();
    encoder->answer(Status(StatusCode::kInternal, "too late"));
    harness.push_through(0, 1);
    encoder->wait_for_calls(1);
    gst_element_set_state(harness.element.get(), GST_STATE_NULL);
    EXPECT_EQ(harness.warning().text, "");
  }  // lets the model go on, with the element gone
  EXPECT_EQ(encoder->calls().size(), 1U);
}

// The same model, loaded once, used by all at once.
TEST(F31, SixteenElementsShareOneModel) {
  std::vector<Owned<GstElement>> elements;
  for (int i = 0; i < 16; ++i) {
    elements.push_back(make_deepstack(nullptr));
    g_object_set(elements.back().get(), "device", "cpu", nullptr);
  }
  std::vector<std::thread> starting;
  for (const auto& element : elements) {
    starting.emplace_back([&element] {
      EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    });
  }
  for (std::thread& thread : starting) thread.join();
  Settings settings;
  settings.device = "cpu";
  const Result<std::shared_ptr<Encoder>> encoder = open_encoder(settings);
  ASSERT_TRUE(encoder.ok()) << encoder.status().message();
  // One for each stream's analyzer, one here; the map of open_encoder() holds none.
  EXPECT_GE(encoder->use_count(), 17) << "all have this one";
  fault_row("F31", "elements-of-one-model", 16, static_cast<double>(encoder->use_count() - 1));
  for (const auto& element : elements) gst_element_set_state(element.get(), GST_STATE_NULL);
  EXPECT_EQ(encoder->use_count(), 1);
}

// Each stream has a person at a place of its own, and its lines show that one and no other.
TEST(F31, TwentyFiveStreamsDoNotMix) {
  constexpr int kStreams = 25;
  const auto encoder = std::make_shared<ScriptedEncoder>();
  std::vector<std::unique_ptr<ElementHarness>> harnesses;
  for (int i = 0; i < kStreams; ++i) {
    harnesses.push_back(std::make_unique<ElementHarness>(Source::kFile, Events::kLinked, encoder));
    ElementHarness& harness = *harnesses.back();
    gst_element_set_state(harness.element.get(), GST_STATE_READY);
    g_object_set(harness.element.get(), "source", std::to_string(i).c_str(), nullptr);
    harness.play();
  }
  std::vector<std::thread> streams;
  for (int i = 0; i < kStreams; ++i) {
    streams.emplace_back([&, i] {
      ElementHarness& harness = *harnesses[static_cast<size_t>(i)];
      for (int number = 0; number < 30; ++number) {
        GstBuffer* frame = make_frame(harness.info, number * kFrameDistance);
        add_roi(frame, "person", {static_cast<float>(i), 4, 20, 40}, 0.9, 1);
        EXPECT_EQ(gst_harness_push(harness.video, frame), GST_FLOW_OK);
        gst_buffer_unref(gst_harness_pull(harness.video));
      }
      EXPECT_TRUE(harness.push_eos());
    });
  }
  for (std::thread& stream : streams) stream.join();
  size_t strange = 0;
  for (int i = 0; i < kStreams; ++i) {
    ElementHarness& harness = *harnesses[static_cast<size_t>(i)];
    EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
    size_t seen = 0;
    for (const nlohmann::json& line : harness.lines()) {
      strange += line["source"] != std::to_string(i) ? 1 : 0;
      for (const nlohmann::json& object : line.value("objects", nlohmann::json::array())) {
        ++seen;
        strange += object["x"] != i || object["id"] != 1 ? 1 : 0;
      }
    }
    EXPECT_GE(seen, 28U) << i;
  }
  fault_row("F31", "lines-of-another-stream", 0, static_cast<double>(strange));
  EXPECT_EQ(strange, 0U);
}

TEST(F32, FramesOfAnySizeAreHandledOrRefused) {
  struct Case {
    int width, height;
    bool analysed;
  };
  for (const Case& item : {Case{1, 1, true},
                           {1, 16384, true},
                           {16384, 1, true},
                           {16385, 1, false},
                           {1, 20000, false},
                           {3, 8191, true}}) {
    ElementHarness harness(Source::kFile);
    harness.set_size(item.width, item.height, GST_VIDEO_FORMAT_NV12);
    GstBuffer* frame = make_frame(harness.info, 0);
    add_roi(frame, "person", {0, 0, 1, 1}, 0.9, 1);
    EXPECT_EQ(gst_harness_push(harness.video, frame), GST_FLOW_OK) << "the video passes anyway";
    EXPECT_TRUE(harness.push_eos());
    EXPECT_EQ(harness.stat("frames-analysed"), item.analysed ? 1U : 0U) << item.width;
    EXPECT_EQ(harness.stat("frames-failed"), item.analysed ? 0U : 1U);
    if (!item.analysed) {
      EXPECT_NE(harness.warning().text.find("16384"), std::string::npos);
    }
  }
}

// Rows that overlap, or that begin outside: as a broken element upstream may send them.
TEST(F32, AStrideSmallerThanARowIsRefused) {
  ElementHarness harness(Source::kFile);
  harness.set_size(64, 48, GST_VIDEO_FORMAT_NV12);
  GstBuffer* frame = make_frame(harness.info, 0);
  gsize offsets[GST_VIDEO_MAX_PLANES] = {0, 64 * 48};
  gint strides[GST_VIDEO_MAX_PLANES] = {63, 64};
  gst_buffer_add_video_meta_full(frame, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, 64, 48, 2,
                                 offsets, strides);
  EXPECT_EQ(gst_harness_push(harness.video, frame), GST_FLOW_OK);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-failed"), 1U);
  EXPECT_NE(harness.warning().text.find("stride of 63"), std::string::npos);
}

}  // namespace
}  // namespace deepstack::test
