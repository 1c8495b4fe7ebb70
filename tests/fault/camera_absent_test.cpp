// F28: a camera that is not there costs nothing, for as long as it likes.
#include <gtest/gtest.h>

#include "tests/support/camera_pipeline.h"
#include "tests/support/rtsp_server.h"

namespace deepstack {
namespace {

using test::CameraPipeline;
using test::CameraSaid;
using test::CameraSeen;
using test::expect_figure;
using test::resident_mb;
using test::RtspServer;

TEST(F28, AnAbsentCameraDoesNotGrowTheProcess) {
  std::string uri;
  {
    const RtspServer gone;
    uri = gone.uri();
  }
  CameraPipeline pipeline(uri, CameraPipeline::Analysis::kDeepstack);
  g_object_set(pipeline.camera(), "rtsp-reconnect-interval", 1, nullptr);
  pipeline.play();
  const auto attempts = [](uint64_t wanted) {
    return [wanted](const CameraSeen& seen) {
      uint64_t count = 0;
      for (const CameraSaid& said : seen.said) count += said.state == "connecting" ? 1 : 0;
      return count >= wanted;
    };
  };
  ASSERT_TRUE(pipeline.wait_for(attempts(10), 40));
  const double warm_mb = resident_mb();
  ASSERT_TRUE(pipeline.wait_for(attempts(50), 100));
  expect_figure("F28", "rss_growth_mb_of_40_attempts", 2, resident_mb() - warm_mb);
  EXPECT_EQ(pipeline.seen().said_count("camera.lost"), 1);
  EXPECT_EQ(pipeline.seen().errors, 0);
}

}  // namespace
}  // namespace deepstack
