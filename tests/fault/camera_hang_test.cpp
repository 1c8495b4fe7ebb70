// F2: the camera hangs, its connection stands: 15 times.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/camera_pipeline.h"
#include "tests/support/rtsp_server.h"

namespace deepstack {
namespace {

using test::CameraPipeline;
using test::CameraSaid;
using test::CameraSeen;
using test::expect_figure;
using test::RtspServer;
using test::seconds_between;

TEST(F2, AHungCameraIsNoticedAfterTheStallTimeout) {
  RtspServer server;
  CameraPipeline pipeline(server.uri(), CameraPipeline::Analysis::kDeepstack);
  // The ladder would let the later hangs wait for half a minute.
  g_object_set(pipeline.camera(), "rtsp-reconnect-interval", 1, nullptr);
  pipeline.play();
  ASSERT_TRUE(pipeline.wait_for([](const CameraSeen& seen) { return seen.updates >= 3; }));
  double earliest_s = 1e9;
  double latest_s = 0;
  double first_frame_s = 0;
  for (uint64_t cycle = 1; cycle <= 15; ++cycle) {
    server.stop();
    ASSERT_TRUE(pipeline.wait_for_said("camera.lost", cycle)) << cycle;
    CameraSeen seen = pipeline.seen();
    const CameraSaid& lost = seen.last_said("camera.lost");
    EXPECT_EQ(lost.state, "stalled");
    const double noticed_s = seconds_between(seen.last_frame_ns, lost.at_ns);
    earliest_s = std::min(earliest_s, noticed_s);
    latest_s = std::max(latest_s, noticed_s);
    // It goes on when it is asked for again.
    ASSERT_TRUE(pipeline.wait_for(
        [](const CameraSeen& now) { return now.said.back().state == "connecting"; }));
    server.cont();
    const int64_t answers_ns = pipeline.now_ns();
    ASSERT_TRUE(pipeline.wait_for_said("camera.back", cycle)) << cycle;
    ASSERT_TRUE(pipeline.wait_for(
        [=](const CameraSeen& now) { return now.first_after_loss_ns > answers_ns; }));
    first_frame_s =
        std::max(first_frame_s, seconds_between(answers_ns, pipeline.seen().first_after_loss_ns));
    ASSERT_TRUE(
        pipeline.wait_for([&](const CameraSeen& now) { return now.updates >= seen.updates + 3; }));
  }
  expect_figure("F2", "noticed_earliest_s(-1.8)", -1.8, -earliest_s);
  expect_figure("F2", "noticed_latest_s(2.2)", 2.4, latest_s);
  expect_figure("F2", "first_frame_s(0.5)", 1.0, first_frame_s);
  expect_figure("F2", "identities_lost", 0,
                static_cast<double>(pipeline.seen().identities.size()) - 1);
  EXPECT_EQ(pipeline.seen().errors, 0);
}

// A legal stream of still pictures is no hung camera.
TEST(F2, ACameraOfOneFrameInThreeSecondsIsNotStalled) {
  RtspServer server({.fps = 1, .stage = "identity sleep-time=2500000"});
  CameraPipeline pipeline(server.uri());
  pipeline.play();
  EXPECT_TRUE(pipeline.wait_for_frames(6, 40));
  expect_figure("F2", "false_stalls", 0,
                static_cast<double>(pipeline.seen().said_count("camera.lost")));
}

}  // namespace
}  // namespace deepstack
