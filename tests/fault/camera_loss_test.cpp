// F5, F6, F26: packets that are lost, late or out of order, pictures that are broken, RTP time
// stamps that wrap. The video goes on, time rises, nobody is told that the camera is away.
#include <gtest/gtest.h>

#include "tests/support/camera_pipeline.h"
#include "tests/support/rtsp_server.h"

namespace deepstack {
namespace {

using test::CameraPipeline;
using test::CameraSeen;
using test::expect_figure;
using test::RtspServer;
using test::seconds_between;

// Frames a second over `frames` of them; time must rise all the while.
double rate_of(const char* fault, const test::RtspServerOptions& options, uint64_t frames) {
  RtspServer server(options);
  CameraPipeline pipeline(server.uri());
  pipeline.play();
  EXPECT_TRUE(pipeline.wait_for_frames(1));
  const int64_t began_ns = pipeline.now_ns();
  EXPECT_TRUE(pipeline.wait_for_frames(frames, 40));
  const CameraSeen seen = pipeline.seen();
  expect_figure(fault, "frames_out_of_order", 0, static_cast<double>(seen.backwards));
  expect_figure(fault, "errors", 0, static_cast<double>(seen.errors));
  expect_figure(fault, "taken_for_lost", 0, static_cast<double>(seen.said_count("camera.lost")));
  return static_cast<double>(seen.frames - 1) / seconds_between(began_ns, seen.last_frame_ns);
}

TEST(F5, LostLateAndReorderedPacketsStopNothing) {
  const double rate = rate_of(
      "F5",
      {.network = "netsim drop-probability=0.1 delay-probability=0.3 min-delay=5 max-delay=40"},
      150);
  expect_figure("F5", "frames_a_second_of_25(-5)", -5, -rate);
}

TEST(F6, BrokenPicturesStopNothing) {
  const double rate = rate_of("F6", {.stage = "breakmydata probability=0.0005"}, 150);
  expect_figure("F6", "frames_a_second_of_25(-10)", -10, -rate);
}

TEST(F26, TimeDoesNotJumpWhereRtpWraps) {
  RtspServer server({.fps = 10, .payloader = "timestamp-offset=4294600000 seqnum-offset=65500"});
  CameraPipeline pipeline(server.uri());
  pipeline.play();
  ASSERT_TRUE(pipeline.wait_for_frames(1));
  const CameraSeen first = pipeline.seen();
  // 4294600000 wraps after 367296 / 90000 = 4.1 s.
  ASSERT_TRUE(pipeline.wait_for_frames(80, 20));
  const CameraSeen seen = pipeline.seen();
  const double passed_s = static_cast<double>(seen.last_pts - first.last_pts) / GST_SECOND;
  const double frames_s = static_cast<double>(seen.frames - first.frames) / 10;
  expect_figure("F26", "jump_s(0.1)", 0.2, std::abs(passed_s - frames_s));
  expect_figure("F26", "frames_out_of_order", 0, static_cast<double>(seen.backwards));
  EXPECT_EQ(seen.said_count("camera.lost"), 0);
}

}  // namespace
}  // namespace deepstack
