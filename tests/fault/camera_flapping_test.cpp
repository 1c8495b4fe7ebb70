// F3: 30 cameras go down together, again and again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "tests/support/camera_pipeline.h"
#include "tests/support/rtsp_server.h"

namespace deepstack {
namespace {

using test::CameraPipeline;
using test::CameraSeen;
using test::expect_figure;
using test::RtspServer;
using test::seconds_between;

constexpr int kCameras = 30;

int warnings_logged = 0;

void count_warnings(GstDebugCategory* category, GstDebugLevel level, const gchar* /*file*/,
                    const gchar* /*function*/, gint /*line*/, GObject* /*object*/,
                    GstDebugMessage* /*message*/, gpointer /*user_data*/) {
  const bool ours = std::string(gst_debug_category_get_name(category)) == "deepstackcamerasrc";
  if (ours && level <= GST_LEVEL_WARNING) g_atomic_int_inc(&warnings_logged);
}

TEST(F3, ThirtyFlappingCamerasComeBackWithoutAStorm) {
  RtspServer server({.mounts = kCameras, .width = 64, .height = 48, .fps = 5});
  std::vector<std::unique_ptr<CameraPipeline>> cameras;
  for (int i = 0; i < kCameras; ++i) {
    cameras.push_back(std::make_unique<CameraPipeline>(server.uri(i)));
    cameras.back()->play();
  }
  for (auto& camera : cameras) ASSERT_TRUE(camera->wait_for_frames(3, 30));

  gst_debug_add_log_function(count_warnings, nullptr, nullptr);
  gst_debug_set_threshold_for_name("deepstackcamerasrc", GST_LEVEL_WARNING);
  const int64_t began_ns = cameras[0]->now_ns();
  double back_s = 0;
  for (uint64_t cycle = 1; cycle <= 6; ++cycle) {
    server.kill();
    for (auto& camera : cameras) {
      ASSERT_TRUE(camera->wait_for_said("camera.lost", cycle)) << "cycle " << cycle;
    }
    const uint64_t gaps = cameras[0]->seen().gaps;
    ASSERT_TRUE(cameras[0]->wait_for([=](const CameraSeen& seen) { return seen.gaps > gaps + 1; }));
    server.spawn();
    const int64_t listens_ns = cameras[0]->now_ns();
    for (auto& camera : cameras) {
      ASSERT_TRUE(camera->wait_for_said("camera.back", cycle, 40)) << "cycle " << cycle;
      back_s = std::max(back_s,
                        seconds_between(listens_ns, camera->seen().last_said("camera.back").at_ns));
    }
  }
  const double minutes = std::ceil(seconds_between(began_ns, cameras[0]->now_ns()) / 60);
  gst_debug_remove_log_function(count_warnings);
  expect_figure("F3", "all_30_back_s(3)", 6, back_s);
  expect_figure("F3", "log_lines_a_minute_and_camera(3)", 3,
                g_atomic_int_get(&warnings_logged) / minutes / kCameras);
  for (auto& camera : cameras) EXPECT_EQ(camera->seen().errors, 0);
}

}  // namespace
}  // namespace deepstack
