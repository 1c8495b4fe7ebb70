// Faults of the element over a minute or a thousand rounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>

#include "tests/support/cost.h"
#include "tests/support/element_harness.h"
#include "tests/support/fault_row.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using namespace std::chrono_literals;

constexpr double kNoise = 2;
constexpr GstClockTime kPatience = 10 * GST_SECOND;

struct Launched {
  explicit Launched(const std::string& line)
      : pipeline(GST_ELEMENT(gst_object_ref_sink(gst_parse_launch(line.c_str(), nullptr)))),
        element(gst_bin_get_by_name(GST_BIN(pipeline.get()), "d")) {
    gst_deepstack_set_encoder(GST_DEEPSTACK(element.get()), encoder);
  }
  ~Launched() {
    encoder->release();
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;

  bool reach(GstState state) const {
    gst_element_set_state(pipeline.get(), state);
    const auto result = gst_element_get_state(pipeline.get(), nullptr, nullptr, kPatience);
    return result == GST_STATE_CHANGE_SUCCESS || result == GST_STATE_CHANGE_NO_PREROLL;
  }

  const std::shared_ptr<ScriptedEncoder> encoder = std::make_shared<ScriptedEncoder>();
  const Owned<GstElement> pipeline;
  const Owned<GstElement> element;
};

// Every line must be of the time after the last flush: their timelines rise with each.
struct Staleness {
  std::atomic<int64_t> highest = -1;    // timeline of any line so far
  std::atomic<int64_t> of_before = -1;  // the highest one when the last flush began
  std::atomic<int> stale = 0;
  std::atomic<int> lines = 0;

  static GstPadProbeReturn look(GstPad* /*pad*/, GstPadProbeInfo* info, gpointer self) {
    static_cast<Staleness*>(self)->look(info);
    return GST_PAD_PROBE_OK;
  }
  void look(GstPadProbeInfo* info) {
    if ((info->type & GST_PAD_PROBE_TYPE_BUFFER) == 0) {
      if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_FLUSH_STOP) {
        of_before = highest.load();
      }
      return;
    }
    GstMapInfo map;
    gst_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), &map, GST_MAP_READ);
    const auto line = nlohmann::json::parse(map.data, map.data + map.size);
    gst_buffer_unmap(GST_PAD_PROBE_INFO_BUFFER(info), &map);
    const int64_t timeline = line["time"]["timeline"];
    ++lines;
    if (timeline <= of_before) ++stale;
    highest = std::max(highest.load(), timeline);
  }
};

TEST(F11, AHundredSeeksInAFileBringNoLineOfBefore) {
  Launched file(
      "filesrc location=/usr/share/doc/opencv-doc/examples/data/vtest.avi ! decodebin ! "
      "videoconvert ! deepstack name=d proposals=motion "
      "d.src ! fakesink  d.events ! fakesink");
  file.encoder->take(20ms);
  Staleness staleness;
  const GstRef<GstPad> events(gst_element_get_static_pad(file.element.get(), "events"));
  gst_pad_add_probe(
      events.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH |
                                   GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      Staleness::look, &staleness, nullptr);
  ASSERT_TRUE(file.reach(GST_STATE_PLAYING));
  size_t seen = 0;
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(gst_element_seek_simple(
        file.pipeline.get(), GST_FORMAT_TIME,
        static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT),
        static_cast<GstClockTime>(round * 37 % 70) * GST_SECOND));
    ASSERT_TRUE(file.reach(GST_STATE_PLAYING)) << round;
    file.encoder->wait_for_calls(seen += 3);
  }
  fault_row("F11", "stale-events", 0, staleness.stale);
  EXPECT_EQ(staleness.stale, 0);
  EXPECT_GE(staleness.lines, 100) << "one a seek at least";
}

TEST(F13, AThousandStopsWhileTheModelRuns) {
  std::vector<double> null_ms;
  for (int round = 0; round < 1000; ++round) {
    ElementHarness harness(Source::kLive);
    harness.encoder->take(30ms);
    std::atomic<bool> stop = false;
    std::thread reader([&] {
      while (!stop) {
        harness.stat("frames-in");
        std::this_thread::yield();
      }
    });
    harness.push_through(0, 1);
    harness.encoder->wait_for_calls(1);
    null_ms.push_back(
        milliseconds_of([&] { gst_element_set_state(harness.element.get(), GST_STATE_NULL); }));
    stop = true;
    reader.join();
  }
  std::sort(null_ms.begin(), null_ms.end());
  fault_row("F13", "null-p99-ms", 200, null_ms[989]);
  fault_row("F13", "null-max-ms", 200 * kNoise, null_ms.back());
  EXPECT_LE(null_ms[989], 200 * kNoise);
}

// A minute of 30 frames a second with a model that makes three.
TEST(F16, AModelSlowerThanTheStreamForAMinute) {
  Launched camera(
      "videotestsrc is-live=true pattern=ball num-buffers=1800 ! "
      "video/x-raw,width=320,height=240,framerate=30/1 ! deepstack name=d "
      "d.src ! fakesink name=video sync=false  d.events ! fakesink sync=false async=false");
  camera.encoder->take(300ms);
  const Owned<GstBus> bus(gst_element_get_bus(camera.pipeline.get()));
  ASSERT_TRUE(camera.reach(GST_STATE_PLAYING));
  camera.encoder->wait_for_calls(25);  // pools and heaps are filled by then
  const double began_mib = process_mebibytes("VmRSS:");
  const Owned<GstMessage> end(
      gst_bus_timed_pop_filtered(bus.get(), 90 * GST_SECOND,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS);
  const auto in = static_cast<double>(stat(camera.element.get(), "frames-in"));
  const auto analysed = static_cast<double>(stat(camera.element.get(), "frames-analysed"));
  const auto dropped = static_cast<double>(stat(camera.element.get(), "frames-dropped"));
  fault_row("F16", "frames-through", 1800, in);
  fault_row("F16", "frames-analysed", 200, analysed);
  fault_row("F16", "frames-dropped", 1800 - 200, dropped);
  fault_row("F16", "grown-mib", 8, process_mebibytes("VmRSS:") - began_mib);
  EXPECT_EQ(in, 1800);
  EXPECT_EQ(analysed + dropped, 1800) << "every frame is accounted for";
  EXPECT_GE(analysed, 100);
  if (kCostsAreReal) {
    EXPECT_LE(process_mebibytes("VmRSS:") - began_mib, 8);
  }
}

}  // namespace
}  // namespace deepstack::test
