// States of the element, and whole pipelines with it: preroll, play, seek, end, start again.
#include "gst-plugin/deepstack_element.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/element_harness.h"
#include "tests/support/fault_row.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using testing::HasSubstr;

constexpr GstClockTime kPatience = 20 * GST_SECOND;

// A pipeline from a gst-launch line in which `deepstack name=d` has a scripted encoder.
class Pipeline {
 public:
  explicit Pipeline(const std::string& line) {
    GError* error = nullptr;
    pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(line.c_str(), &error))));
    EXPECT_EQ(error, nullptr) << error->message;
    element_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "d"));
    gst_deepstack_set_encoder(GST_DEEPSTACK(element_.get()), encoder);
    bus_.reset(gst_element_get_bus(pipeline_.get()));
  }
  ~Pipeline() { set_state(GST_STATE_NULL); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  GstElement* get() const { return pipeline_.get(); }
  GstElement* element() const { return element_.get(); }

  // True when the state is reached, be it at once or later.
  bool set_state(GstState state) {
    gst_element_set_state(pipeline_.get(), state);
    const GstStateChangeReturn result =
        gst_element_get_state(pipeline_.get(), nullptr, nullptr, kPatience);
    return result == GST_STATE_CHANGE_SUCCESS || result == GST_STATE_CHANGE_NO_PREROLL;
  }

  // "eos", or the text of the error that came first.
  std::string wait_for_end() {
    const Owned<GstMessage> message(gst_bus_timed_pop_filtered(
        bus_.get(), kPatience, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    if (message == nullptr) return "timeout";
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return "eos";
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    std::string text = error->message;
    g_error_free(error);
    return text;
  }

  const std::shared_ptr<ScriptedEncoder> encoder = std::make_shared<ScriptedEncoder>();

 private:
  Owned<GstElement> pipeline_;
  Owned<GstElement> element_;
  Owned<GstBus> bus_;
};

const std::string kSource =
    "videotestsrc pattern=ball num-buffers=30 ! video/x-raw,width=64,height=48 ! ";

TEST(Pipeline, OfAFilePrerollsPlaysAndEndsWithBothSinks) {
  Pipeline pipeline(kSource + "deepstack name=d  d.src ! fakesink  d.events ! fakesink");
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
  EXPECT_EQ(pipeline.wait_for_end(), "eos");
  EXPECT_EQ(stat(pipeline.element(), "frames-analysed"), 30U);
}

TEST(Pipeline, PrerollsWhenTheVideoSinkGetsNothingButEos) {
  Pipeline pipeline(kSource +
                    "deepstack name=d  d.src ! valve drop=true drop-mode=forward-sticky-events ! "
                    "fakesink  d.events ! fakesink");
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
  EXPECT_EQ(pipeline.wait_for_end(), "eos");
}

TEST(Pipeline, PausesAndGoesOnWithSinksThatFollowTheClock) {
  Pipeline pipeline(kSource +
                    "deepstack name=d  d.src ! fakesink sync=true  d.events ! fakesink sync=true");
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
    EXPECT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  }
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
  EXPECT_EQ(pipeline.wait_for_end(), "eos");
}

TEST(Pipeline, WorksWithoutTheEventsPad) {
  Pipeline pipeline(kSource + "deepstack name=d ! fakesink");
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
  EXPECT_EQ(pipeline.wait_for_end(), "eos");
  EXPECT_EQ(stat(pipeline.element(), "frames-analysed"), 30U);
}

TEST(Pipeline, SaysHowDeepItLooked) {
  for (const char* adaptive : {"false", "true"}) {
    Pipeline pipeline(kSource + "deepstack name=d adaptive-depth=" + adaptive + " ! fakesink");
    EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
    EXPECT_EQ(pipeline.wait_for_end(), "eos");
    GstStructure* stats = nullptr;
    g_object_get(pipeline.element(), "stats", &stats, nullptr);
    const Owned<GstStructure> owned(stats);
    double depth = 0;
    EXPECT_TRUE(gst_structure_get_double(stats, "average-depth", &depth));
    EXPECT_GE(depth, std::string(adaptive) == "true" ? 1.0 / 3 : 1.0);
    EXPECT_LE(depth, 1);
  }
}

TEST(Pipeline, IsLiveBehindALiveSource) {
  Pipeline pipeline(
      "videotestsrc is-live=true num-buffers=5 ! video/x-raw,width=64,height=48,framerate=100/1 ! "
      "deepstack name=d  d.src ! fakesink  d.events ! fakesink");
  pipeline.encoder->hold();
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
  pipeline.encoder->wait_for_calls(1);
  // The end comes while the model hangs: nothing waited for it.
  EXPECT_EQ(pipeline.wait_for_end(), "eos");
  EXPECT_EQ(stat(pipeline.element(), "frames-in"), 5U);
  pipeline.encoder->release();
}

TEST(Pipeline, SeeksAsAWhole) {
  Pipeline pipeline(
      "videotestsrc num-buffers=100 ! video/x-raw,width=64,height=48 ! deepstack name=d  "
      "d.src ! fakesink  d.events ! fakesink");
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PAUSED));
  for (int round = 0; round < 20; ++round) {
    EXPECT_TRUE(gst_element_seek_simple(pipeline.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                        round * 100 * GST_MSECOND));
    EXPECT_TRUE(pipeline.set_state(round % 2 == 0 ? GST_STATE_PLAYING : GST_STATE_PAUSED));
  }
  EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
  EXPECT_EQ(pipeline.wait_for_end(), "eos");
}

TEST(Pipeline, StartsAndStopsAHundredTimes) {
  Pipeline pipeline(
      "videotestsrc ! video/x-raw,width=64,height=48 ! deepstack name=d  "
      "d.src ! fakesink  d.events ! fakesink");
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(pipeline.set_state(round % 3 == 0 ? GST_STATE_PAUSED : GST_STATE_PLAYING)) << round;
    ASSERT_TRUE(pipeline.set_state(round % 2 == 0 ? GST_STATE_NULL : GST_STATE_READY)) << round;
  }
}

TEST(Element, ForgetsEverythingBelowPaused) {
  Pipeline pipeline(kSource + "deepstack name=d  d.src ! fakesink  d.events ! fakesink");
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(pipeline.set_state(GST_STATE_PLAYING));
    EXPECT_EQ(pipeline.wait_for_end(), "eos");
    EXPECT_EQ(stat(pipeline.element(), "frames-in"), 30U);
    EXPECT_TRUE(pipeline.set_state(GST_STATE_READY));
    EXPECT_EQ(stat(pipeline.element(), "frames-in"), 0U);
  }
}

TEST(Element, StoppingReleasesAFrameThatWaitsForRoom) {
  ElementHarness harness(Source::kFile);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  harness.push_through(1, 1);
  std::thread waiting([&] { EXPECT_NE(harness.push(2), GST_FLOW_ERROR); });
  // Stopping waits for the frame that the model is at, and for that frame only.
  std::thread stopping([&] { gst_element_set_state(harness.element.get(), GST_STATE_NULL); });
  waiting.join();
  harness.encoder->release();
  stopping.join();
}

TEST(Element, StoppingReleasesAnEosThatWaitsForTheModel) {
  ElementHarness harness(Source::kFile);
  harness.encoder->hold();
  harness.push_through(0, 1);
  harness.encoder->wait_for_calls(1);
  std::thread ending([&] { harness.push_eos(); });
  std::thread stopping([&] { gst_element_set_state(harness.element.get(), GST_STATE_NULL); });
  ending.join();
  harness.encoder->release();
  stopping.join();
  EXPECT_EQ(harness.warning().text, "");
}

TEST(Element, StatsMayBeReadWhileItStartsAndStops) {
  const auto encoder = std::make_shared<ScriptedEncoder>();
  const Owned<GstElement> element = make_deepstack(encoder);
  std::thread cycling([&] {
    for (int round = 0; round < 200; ++round) {
      gst_element_set_state(element.get(), GST_STATE_PAUSED);
      gst_element_set_state(element.get(), GST_STATE_NULL);
    }
  });
  for (int round = 0; round < 2000; ++round) EXPECT_EQ(stat(element.get(), "frames-in"), 0U);
  cycling.join();
}

// With the real encoder: what it says about a model is what the user reads.
struct RealEncoder : testing::Test {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("deepstack-model-" + std::to_string(getpid()));
  Owned<GstElement> element = make_deepstack(nullptr);
  Owned<GstBus> bus{gst_bus_new()};

  RealEncoder() {
    std::filesystem::create_directories(folder);
    gst_element_set_bus(element.get(), bus.get());
  }
  ~RealEncoder() override {
    gst_element_set_state(element.get(), GST_STATE_NULL);
    gst_element_set_bus(element.get(), nullptr);
    std::filesystem::remove_all(folder);
  }

  Report start_with(const std::string& model) {
    g_object_set(element.get(), "model", model.c_str(), "device", "cpu", nullptr);
    EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
    const double failing_ms = milliseconds_of([&] {
      EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    });
    fault_row("F17", "start-fails-ms", 100, failing_ms);
    return next_report(bus.get(), GST_MESSAGE_ERROR);
  }
};

TEST_F(RealEncoder, F17_AMissingModelFailsTheStartWithItsName) {
  const Report error = start_with("/no/such/model");
  EXPECT_THAT(error.text, HasSubstr("/no/such/model"));
  EXPECT_EQ(error.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(error.code, GST_RESOURCE_ERROR_NOT_FOUND);
}

TEST_F(RealEncoder, F17_ATruncatedModelFailsTheStartWithTheNameOfTheFile) {
  const std::filesystem::path source(DEEPSTACK_SOURCE_DIR "/samples/model/default");
  std::filesystem::copy_file(source / "config.json", folder / "config.json");
  std::filesystem::copy_file(source / "model.safetensors", folder / "model.safetensors");
  std::filesystem::resize_file(folder / "model.safetensors", 1000);
  const Report error = start_with(folder.string());
  EXPECT_THAT(error.text, HasSubstr("model.safetensors"));
  EXPECT_EQ(error.domain, GST_STREAM_ERROR);
  EXPECT_EQ(error.code, GST_STREAM_ERROR_FORMAT);
}

TEST_F(RealEncoder, F17_AfterAFailedStartAnotherModelMayBeGiven) {
  start_with("/no/such/model");
  gst_deepstack_set_encoder(GST_DEEPSTACK(element.get()), std::make_shared<ScriptedEncoder>());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
}

}  // namespace
}  // namespace deepstack::test
