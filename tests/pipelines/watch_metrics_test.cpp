// What `deepstack watch --metrics` answers, on a clock of the test's.
#include "pipelines/watch/watch_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/manual_clock.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

CameraStatus camera(const char* name, WatchState state) {
  CameraStatus status;
  status.name = name;
  status.state = state;
  return status;
}

struct WatchMetricsTest : testing::Test {
  std::shared_ptr<test::ManualClock> clock = std::make_shared<test::ManualClock>(1e9);
  const std::vector<std::string> names{"door"};
  WatchMetrics metrics{"0.1.0", names, clock};
  std::vector<CameraStatus> cameras{camera("door", WatchState::kBackoff)};
};

TEST_F(WatchMetricsTest, IsWellWhileTheMainLoopTurns) {
  metrics.update(cameras, {});
  clock->move_on(1.999);
  EXPECT_EQ(metrics.healthz().status, 200);
  clock->move_on(0.001);
  EXPECT_EQ(metrics.healthz().status, 503);
  EXPECT_THAT(metrics.healthz().body, HasSubstr("2000 ms"));
  metrics.update(cameras, {});
  EXPECT_EQ(metrics.healthz().status, 200);
}

TEST_F(WatchMetricsTest, IsReadyOnceACameraIsLive) {
  EXPECT_EQ(metrics.readyz().body, "none of 1 cameras is live\n") << "before the loop turns";
  EXPECT_EQ(metrics.healthz().status, 200);
  cameras.push_back(camera("yard", WatchState::kStalled));
  metrics.update(cameras, {});
  EXPECT_EQ(metrics.readyz().body, "none of 2 cameras is live\n");
  cameras[1].state = WatchState::kLive;
  metrics.update(cameras, {});
  EXPECT_EQ(metrics.readyz().status, 200);
}

TEST_F(WatchMetricsTest, TellsOfCamerasAndOutput) {
  cameras[0].reconnects = 3;
  LineOutput::State output;
  output.lines = 11;
  output.lost = 2;
  metrics.update(cameras, output);
  const std::string text = metrics.metrics().body;
  for (const char* line :
       {"deepstack_camera_reconnects_total{camera=\"door\"} 3\n",
        "deepstack_camera_live{camera=\"door\"} 0\n", "deepstack_output_lines_total 11\n",
        "deepstack_output_lost_total 2\n", "deepstack_build_info{version=\"0.1.0\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace deepstack
