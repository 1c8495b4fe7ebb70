// F1: the camera is killed and comes back, 40 times, with another size each time. F8: the sizes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/camera_pipeline.h"
#include "tests/support/rtsp_server.h"

namespace deepstack {
namespace {

using test::CameraPipeline;
using test::CameraSeen;
using test::expect_figure;
using test::resident_mb;
using test::RtspServer;
using test::seconds_between;

constexpr int kCycles = 40;
constexpr int kWarmUp = 20;

TEST(F1, AKilledCameraIsNoticedComesBackAndLosesNobody) {
  RtspServer server;
  CameraPipeline pipeline(server.uri(), CameraPipeline::Analysis::kDeepstack);
  pipeline.play();
  ASSERT_TRUE(pipeline.wait_for([](const CameraSeen& seen) { return seen.updates >= 3; }));
  double noticed_s = 0;
  double first_frame_s = 0;
  double warm_mb = 0;
  for (int cycle = 1; cycle <= kCycles; ++cycle) {
    const int64_t killed_ns = pipeline.now_ns();
    server.kill();
    ASSERT_TRUE(pipeline.wait_for_said("camera.lost", cycle)) << cycle;
    noticed_s = std::max(
        noticed_s, seconds_between(killed_ns, pipeline.seen().last_said("camera.lost").at_ns));
    // A camera that reboots is away for a while: at least until it was asked for in vain.
    const uint64_t gaps = pipeline.seen().gaps;
    ASSERT_TRUE(pipeline.wait_for([=](const CameraSeen& seen) { return seen.gaps > gaps + 1; }));
    server.set_size(cycle % 2 == 0 ? 160 : 320, cycle % 2 == 0 ? 120 : 240);
    server.spawn();
    const int64_t listens_ns = pipeline.now_ns();
    ASSERT_TRUE(pipeline.wait_for_said("camera.back", cycle)) << cycle;
    ASSERT_TRUE(pipeline.wait_for(
        [=](const CameraSeen& seen) { return seen.first_after_loss_ns > killed_ns; }));
    const CameraSeen seen = pipeline.seen();
    first_frame_s = std::max(first_frame_s, seconds_between(listens_ns, seen.first_after_loss_ns));
    EXPECT_EQ(seen.width, cycle % 2 == 0 ? 160 : 320);
    EXPECT_TRUE(seen.first_discont);
    ASSERT_TRUE(
        pipeline.wait_for([=](const CameraSeen& now) { return now.updates >= seen.updates + 3; }));
    if (cycle == kWarmUp) warm_mb = resident_mb();
  }
  const CameraSeen seen = pipeline.seen();
  expect_figure("F1", "noticed_s(0.5)", 1.0, noticed_s);
  expect_figure("F1", "first_frame_s(0.5)", 1.0, first_frame_s);
  expect_figure("F1", "identities_lost", 0, static_cast<double>(seen.identities.size()) - 1);
  expect_figure("F1", "frames_out_of_order", 0, static_cast<double>(seen.backwards));
  expect_figure("F28", "rss_growth_mb_of_20_reconnects", 6, resident_mb() - warm_mb);
  EXPECT_EQ(seen.lines.size(), 2 * kCycles);
  EXPECT_EQ(seen.eos, 0);
  EXPECT_EQ(seen.errors, 0);
  EXPECT_EQ(seen.stream_starts, 1);
}

}  // namespace
}  // namespace deepstack
