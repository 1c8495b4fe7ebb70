#include "gst-plugin/camera_gate.h"

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/element_harness.h"

namespace deepstack {
namespace {

using gst::GstRef;
using test::Owned;

constexpr char kCaps[] = "video/x-raw,format=RGB,width=8,height=8,framerate=25/1";

// A gate in a harness, on a clock that stands until the test moves it.
class GateHarness {
 public:
  explicit GateHarness(bool live) {
    gate_ = gst::camera_gate_new({.frame = [this]() -> GstEvent* {
                                    ++frames;
                                    return std::exchange(before_next, nullptr);
                                  },
                                  .ended =
                                      [this] {
                                        ++ends;
                                        return false;
                                      },
                                  .refused = [this](GstFlowReturn flow) { refused = flow; }});
    gst_object_ref_sink(gate_);
    gst::camera_gate_open(gate_, live, 100 * GST_MSECOND);
    harness = gst_harness_new_with_element(gate_, "sink", "src");
    gst_harness_use_testclock(harness);
  }
  ~GateHarness() {
    gst_harness_teardown(harness);
    gst_object_unref(gate_);
  }
  GateHarness(const GateHarness&) = delete;
  GateHarness& operator=(const GateHarness&) = delete;

  GstElement* gate() const { return gate_; }

  // What a new connection sends in front of its frames.
  void connect(const char* caps = kCaps) {
    gst::camera_gate_expect_connection(gate_);
    gst_harness_set_src_caps_str(harness, caps);
  }

  // The frame as it comes out.
  GstRef<GstBuffer> push(GstClockTime pts) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 8 * 8 * 3, nullptr);
    GST_BUFFER_PTS(buffer) = pts;
    EXPECT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
    return GstRef<GstBuffer>(gst_harness_try_pull(harness));
  }

  std::vector<GstEventType> events() const {
    std::vector<GstEventType> types;
    while (GstEvent* event = gst_harness_try_pull_event(harness)) {
      types.push_back(GST_EVENT_TYPE(event));
      gst_event_unref(event);
    }
    return types;
  }

  GstHarness* harness = nullptr;
  GstEvent* before_next = nullptr;
  int frames = 0;
  int ends = 0;
  GstFlowReturn refused = GST_FLOW_OK;

 private:
  GstElement* gate_ = nullptr;
};

TEST(CameraGate, MakesOneStreamOfItsConnections) {
  GateHarness camera(true);
  camera.connect();
  gst_harness_set_time(camera.harness, 5 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_PTS(camera.push(5 * GST_SECOND).get()), 5 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_PTS(camera.push(5 * GST_SECOND + 40).get()), 5 * GST_SECOND + 40);
  EXPECT_EQ(camera.events(),
            (std::vector{GST_EVENT_STREAM_START, GST_EVENT_CAPS, GST_EVENT_SEGMENT}));

  EXPECT_TRUE(gst_harness_push_event(camera.harness, gst_event_new_eos()));
  EXPECT_EQ(camera.ends, 1);
  EXPECT_EQ(camera.events(), std::vector<GstEventType>()) << "the stream goes on";

  // It is back, with another size, and a clock that began anew.
  gst_harness_push_event(camera.harness, gst_event_new_stream_start("another"));
  camera.connect("video/x-raw,format=RGB,width=16,height=4,framerate=25/1");
  camera.before_next =
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("said"));
  gst_harness_set_time(camera.harness, 60 * GST_SECOND);
  const GstRef<GstBuffer> back = camera.push(0);
  EXPECT_EQ(GST_BUFFER_PTS(back.get()), 60 * GST_SECOND) << "running time went on";
  EXPECT_TRUE(GST_BUFFER_FLAG_IS_SET(back.get(), GST_BUFFER_FLAG_DISCONT));
  EXPECT_EQ(camera.events(),
            (std::vector{GST_EVENT_CAPS, GST_EVENT_SEGMENT, GST_EVENT_CUSTOM_DOWNSTREAM}));
  const GstRef<GstBuffer> next = camera.push(40 * GST_MSECOND);
  EXPECT_EQ(GST_BUFFER_PTS(next.get()), 60 * GST_SECOND + 40 * GST_MSECOND);
  EXPECT_FALSE(GST_BUFFER_FLAG_IS_SET(next.get(), GST_BUFFER_FLAG_DISCONT));
  EXPECT_EQ(camera.frames, 4);
}

TEST(CameraGate, KeepsTimeRisingWhateverTheCameraSays) {
  GateHarness camera(true);
  camera.connect();
  gst_harness_set_time(camera.harness, 10 * GST_SECOND);
  GstClockTime last = GST_BUFFER_PTS(camera.push(10 * GST_SECOND).get());
  for (const GstClockTime pts :
       std::initializer_list<GstClockTime>{10 * GST_SECOND, 9900 * GST_MSECOND, GST_CLOCK_TIME_NONE,
                                           0, 40 * GST_MSECOND}) {
    gst_harness_set_time(camera.harness, last + 40 * GST_MSECOND);
    const GstClockTime time = GST_BUFFER_PTS(camera.push(pts).get());
    EXPECT_GT(time, last);
    EXPECT_LE(time, last + 40 * GST_MSECOND);
    last = time;
  }
}

TEST(CameraGate, SaysThatTimePassesWhileTheCameraIsAway) {
  GateHarness camera(true);
  gst::camera_gate_push_gap(camera.gate());
  EXPECT_EQ(camera.events(), std::vector<GstEventType>()) << "nothing can be missing yet";
  camera.connect();
  gst_harness_set_time(camera.harness, GST_SECOND);
  camera.push(GST_SECOND);
  gst_harness_set_time(camera.harness, 2 * GST_SECOND);
  camera.events();
  gst::camera_gate_push_gap(camera.gate());
  EXPECT_EQ(camera.events(), std::vector<GstEventType>()) << "it is there";

  gst::camera_gate_expect_connection(camera.gate());
  for (const GstClockTime until : {3 * GST_SECOND, 4 * GST_SECOND}) {
    gst_harness_set_time(camera.harness, until);
    gst::camera_gate_push_gap(camera.gate());
    const Owned<GstEvent> gap(gst_harness_try_pull_event(camera.harness));
    ASSERT_NE(gap, nullptr);
    GstClockTime from = 0;
    GstClockTime duration = 0;
    gst_event_parse_gap(gap.get(), &from, &duration);
    EXPECT_EQ(from, until == 3 * GST_SECOND ? GST_SECOND : 3 * GST_SECOND);
    EXPECT_EQ(from + duration, until);
  }
}

TEST(CameraGate, AnswersForACameraThatIsAway) {
  GateHarness camera(true);
  const GstRef<GstPad> src(gst_element_get_static_pad(camera.gate(), "src"));
  const GstRef<GstPad> sink(gst_element_get_static_pad(camera.gate(), "sink"));
  const GstRef<GstPad> peer(gst_pad_get_peer(sink.get()));
  gst_pad_unlink(peer.get(), sink.get());
  const GstRef<GstQuery> query(gst_query_new_latency());
  ASSERT_TRUE(gst_pad_query(src.get(), query.get()));
  gboolean live = FALSE;
  GstClockTime least = 0;
  gst_query_parse_latency(query.get(), &live, &least, nullptr);
  EXPECT_TRUE(live);
  EXPECT_EQ(least, 100 * GST_MSECOND);
  gst_pad_link(peer.get(), sink.get());
}

TEST(CameraGate, LetsAFilePassAsItIs) {
  GateHarness file(false);
  file.connect();
  gst_harness_set_time(file.harness, 60 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_PTS(file.push(0).get()), 0);
  gst_harness_push_event(file.harness, gst_event_new_eos());
  EXPECT_EQ(file.ends, 1);
  EXPECT_EQ(file.events().back(), GST_EVENT_EOS);
}

}  // namespace
}  // namespace deepstack
