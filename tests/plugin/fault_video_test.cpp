// The video is never hurt: what the element adds to it while the model is slow, hangs, or somebody
// downstream is slow. Times are compared with an `identity` element measured in the same run.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/support/cost.h"
#include "tests/support/element_harness.h"
#include "tests/support/fault_row.h"

namespace deepstack::test {
namespace {

using Source = ElementHarness::Source;
using Events = ElementHarness::Events;

double at_share(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

// The model hangs all the while; with that the processor is free for the video, as with a GPU.
TEST(F16, ASlowModelAddsNothingToTheVideo) {
  constexpr int kBuffers = 1000;
  constexpr double kAdded_us = 200;
  ElementHarness harness(Source::kLive);
  GstHarness* plain = gst_harness_new("identity");
  gst_harness_set_src_caps(plain, gst_video_info_to_caps(&harness.info));
  harness.encoder->hold();
  std::vector<double> ours_us;
  std::vector<double> plain_us;
  for (int number = 0; number < kBuffers; ++number) {
    GstBuffer* frame = harness.person_frame(number);
    GstBuffer* other = harness.person_frame(number);
    plain_us.push_back(1e3 * milliseconds_of([&] { gst_harness_push(plain, other); }));
    ours_us.push_back(1e3 * milliseconds_of([&] { gst_harness_push(harness.video, frame); }));
    gst_buffer_unref(gst_harness_pull(plain));
    gst_buffer_unref(gst_harness_pull(harness.video));
  }
  gst_harness_teardown(plain);
  const double late_us = at_share(plain_us, 0.99) + kAdded_us;
  const auto late = [&](const std::vector<double>& times_us) {
    return std::count_if(times_us.begin(), times_us.end(), [&](double t) { return t > late_us; });
  };
  fault_row("F16", "chain-p50-us", kAdded_us, at_share(ours_us, 0.5));
  fault_row("F16", "chain-p99-us", kAdded_us, at_share(ours_us, 0.99));
  fault_row("F16", "identity-p99-us", kAdded_us, at_share(plain_us, 0.99));
  fault_row("F16", "late-buffers", kBuffers / 50.0, static_cast<double>(late(ours_us)));
  if (kCostsAreReal) {
    EXPECT_LE(late(ours_us), 2 * late(plain_us) + kBuffers / 50);
  }
  EXPECT_EQ(harness.stat("frames-in"), static_cast<uint64_t>(kBuffers));
  EXPECT_GE(harness.stat("frames-dropped"), static_cast<uint64_t>(kBuffers - 2));
}

// A decoder's pool with four buffers: upstream waits for a free one, and must never wait for ever.
TEST(F16, APoolOfFourBuffersNeverRunsDry) {
  ElementHarness harness(Source::kLive);
  harness.encoder->hold();
  GstBufferPool* pool = gst_buffer_pool_new();
  GstStructure* config = gst_buffer_pool_get_config(pool);
  const GstRef<GstCaps> caps(gst_video_info_to_caps(&harness.info));
  gst_buffer_pool_config_set_params(config, caps.get(),
                                    static_cast<guint>(GST_VIDEO_INFO_SIZE(&harness.info)), 4, 4);
  ASSERT_TRUE(gst_buffer_pool_set_config(pool, config));
  ASSERT_TRUE(gst_buffer_pool_set_active(pool, TRUE));
  int dry = 0;
  for (int number = 0; number < 200; ++number) {
    GstBufferPoolAcquireParams never_wait{};
    never_wait.flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT;
    GstBuffer* buffer = nullptr;
    if (gst_buffer_pool_acquire_buffer(pool, &buffer, &never_wait) != GST_FLOW_OK) {
      ++dry;
      continue;
    }
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(number) * kFrameDistance;
    add_roi(buffer, "person", {8, 8, 16, 32}, 0.9, 1);
    ASSERT_EQ(gst_harness_push(harness.video, buffer), GST_FLOW_OK);
    gst_buffer_unref(gst_harness_pull(harness.video));
  }
  fault_row("F16", "pool-dry", 0, dry);
  EXPECT_EQ(dry, 0);
  gst_buffer_pool_set_active(pool, FALSE);
  harness.encoder->release();
  EXPECT_TRUE(harness.push_eos());
  gst_object_unref(pool);
}

ScriptedEncoder* watched = nullptr;

// Holds a frame until the model has been given it.
GstFlowReturn hold_until_seen(GstPad* /*pad*/, GstObject* /*parent*/, GstBuffer* buffer) {
  watched->wait_for_calls(static_cast<size_t>(GST_BUFFER_PTS(buffer) / kFrameDistance) + 1);
  gst_buffer_unref(buffer);
  return GST_FLOW_OK;
}

// A sink that goes on only when the model has seen the frame that it holds: held up by each other,
// this would stand still for ever.
TEST(F24, ASlowElementDownstreamDoesNotHoldUpTheModel) {
  ElementHarness harness(Source::kFile);
  watched = harness.encoder.get();
  gst_pad_set_chain_function(harness.video->sinkpad, hold_until_seen);
  for (int number = 0; number < 50; ++number) ASSERT_EQ(harness.push(number), GST_FLOW_OK);
  EXPECT_TRUE(harness.push_eos());
  EXPECT_EQ(harness.stat("frames-analysed"), 50U);
  EXPECT_NE(ElementHarness::wait_for_event(harness.events, GST_EVENT_EOS), nullptr);
  double oldest_ms = 0;
  for (const nlohmann::json& line : harness.lines()) {
    oldest_ms = std::max(oldest_ms, line["time"]["age_ms"].get<double>());
  }
  fault_row("F24", "frames-analysed", 50, static_cast<double>(harness.stat("frames-analysed")));
  fault_row("F24", "oldest-event-ms", 10'000, oldest_ms);
}

struct Arrivals {
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
  double longest_ms = 0;  // between two frames
  int frames = 0;

  static GstPadProbeReturn note(GstPad* /*pad*/, GstPadProbeInfo* /*info*/, gpointer self) {
    auto* arrivals = static_cast<Arrivals*>(self);
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> since = now - arrivals->last;
    if (arrivals->frames++ > 0)
      arrivals->longest_ms = std::max(arrivals->longest_ms, since.count());
    arrivals->last = now;
    return GST_PAD_PROBE_OK;
  }
};

// Both cores are taken twice over: frames go without analysis, and the video goes on.
TEST(F29, AStarvedProcessorDropsFramesAndNotTheVideo) {
  std::atomic<bool> busy = true;
  std::vector<std::thread> hogs;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
    hogs.emplace_back([&] {
      while (busy) {
      }
    });
  }
  const Owned<GstElement> pipeline(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch("videotestsrc is-live=true num-buffers=75 pattern=ball ! "
                       "video/x-raw,width=320,height=240,framerate=25/1 ! deepstack name=d "
                       "d.src ! fakesink sync=true  d.events ! fakesink sync=false async=false",
                       nullptr))));
  const Owned<GstElement> element(gst_bin_get_by_name(GST_BIN(pipeline.get()), "d"));
  const auto encoder = std::make_shared<ScriptedEncoder>();
  encoder->take(std::chrono::milliseconds(100));
  gst_deepstack_set_encoder(GST_DEEPSTACK(element.get()), encoder);
  Arrivals arrivals;
  const GstRef<GstPad> src(gst_element_get_static_pad(element.get(), "src"));
  gst_pad_add_probe(src.get(), GST_PAD_PROBE_TYPE_BUFFER, Arrivals::note, &arrivals, nullptr);
  const Owned<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Owned<GstMessage> end(gst_bus_timed_pop_filtered(
      bus.get(), 30 * GST_SECOND,
      static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING)));
  busy = false;
  for (std::thread& hog : hogs) hog.join();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS) << "no error and no warning";
  EXPECT_EQ(arrivals.frames, 75);
  fault_row("F29", "longest-stall-ms", 1000, arrivals.longest_ms);
  fault_row("F29", "frames-dropped", 75,
            static_cast<double>(stat(element.get(), "frames-dropped")));
  EXPECT_LE(arrivals.longest_ms, 1000);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace deepstack::test
