#include "gst-plugin/camera_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/camera_pipeline.h"
#include "tests/support/camera_urls.h"
#include "tests/support/rtsp_server.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using test::CameraPipeline;
using test::CameraSaid;
using test::CameraSeen;
using test::expect_figure;
using test::Owned;
using test::RtspServer;
using test::seconds_between;

// One kill and one hang of what tests/fault does many times.
TEST(CameraSource, GoesOnAfterItsCameraWasKilledAndAfterItHung) {
  RtspServer server;
  CameraPipeline pipeline(server.uri(), CameraPipeline::Analysis::kDeepstack);
  pipeline.play();
  ASSERT_TRUE(pipeline.wait_for([](const CameraSeen& seen) { return seen.updates >= 3; }));

  const int64_t killed_ns = pipeline.now_ns();
  server.kill();
  ASSERT_TRUE(pipeline.wait_for_said("camera.lost", 1));
  expect_figure("F1", "noticed_s", 1.0,
                seconds_between(killed_ns, pipeline.seen().last_said("camera.lost").at_ns));
  server.set_size(320, 240);
  server.spawn();
  const int64_t listens_ns = pipeline.now_ns();
  ASSERT_TRUE(pipeline.wait_for_said("camera.back", 1));
  ASSERT_TRUE(pipeline.wait_for_frames(10));
  CameraSeen seen = pipeline.seen();
  expect_figure("F1", "first_frame_s", 2.5, seconds_between(listens_ns, seen.first_after_loss_ns));
  EXPECT_EQ(seen.width, 320);
  EXPECT_TRUE(seen.first_discont);
  EXPECT_EQ(seen.segments, 2);

  server.stop();
  ASSERT_TRUE(pipeline.wait_for_said("camera.lost", 2));
  seen = pipeline.seen();
  const CameraSaid& hung = seen.last_said("camera.lost");
  EXPECT_EQ(hung.state, "stalled");
  EXPECT_NEAR(static_cast<double>(hung.away_ms), 2000, 400);
  server.cont();
  ASSERT_TRUE(pipeline.wait_for_said("camera.back", 2));
  ASSERT_TRUE(pipeline.wait_for(
      [&](const CameraSeen& now) { return now.updates > seen.updates && now.lines.size() == 4; }));

  seen = pipeline.seen();
  EXPECT_EQ(seen.identities.size(), 1) << "the same person, all the time";
  EXPECT_EQ(seen.backwards, 0);
  EXPECT_EQ(seen.stream_starts, 1);
  EXPECT_EQ(seen.eos, 0);
  EXPECT_EQ(seen.errors, 0);
  EXPECT_GE(seen.gaps, 1);
  EXPECT_EQ(seen.events_downstream.size(), 4);
  EXPECT_EQ(seen.lines[0]["event"], "camera.lost");
  EXPECT_EQ(seen.lines[3]["event"], "camera.back");
  EXPECT_EQ(seen.lines[3]["camera"]["reconnects"], 2);
}

TEST(CameraSource, LogsInWithAFileThatNobodyElseMayRead) {
  const test::TempFolder folder;
  const std::filesystem::path file = folder.write("camera", "viewer:S3cretPw\n");
  RtspServer server({.user = "viewer", .password = "S3cretPw"});
  CameraPipeline pipeline(server.uri());
  g_object_set(pipeline.camera(), "credentials-file", file.c_str(), nullptr);

  std::filesystem::permissions(file, std::filesystem::perms(0644));
  EXPECT_EQ(pipeline.set_state(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  EXPECT_EQ(pipeline.seen().errors, 1);
  pipeline.set_state(GST_STATE_NULL);

  std::filesystem::permissions(file, std::filesystem::perms(0600));
  pipeline.play();
  EXPECT_TRUE(pipeline.wait_for_frames(2));
  for (const std::string& text : pipeline.seen().texts) {
    EXPECT_EQ(text.find("S3cretPw"), std::string::npos) << text;
  }
}

// Whatever is written as a camera's address: no word of its password comes out anywhere.
TEST(CameraSource, ShowsNoSecretOfThirtyUrlShapes) {
  for (const test::CameraUrl& shape : test::kCameraUrls) {
    CameraPipeline pipeline{std::string(shape.url)};
    g_object_set(pipeline.camera(), "user-pw", "An0therSecret", nullptr);
    if (pipeline.set_state(GST_STATE_READY) != GST_STATE_CHANGE_FAILURE) {
      // Nobody listens there, and nobody needs to: it is said that it connects.
      pipeline.play();
      ASSERT_TRUE(pipeline.wait_for_said("camera.state", 1));
    }
    gchar* uri = nullptr;
    GstStructure* stats = nullptr;
    g_object_get(pipeline.camera(), "uri", &uri, "stats", &stats, nullptr);
    const Owned<GstStructure> owned(stats);
    gchar* counters = gst_structure_to_string(stats);
    CameraSeen seen = pipeline.seen();
    std::vector<std::string> outputs = seen.texts;
    outputs.insert(outputs.end(), seen.events_downstream.begin(), seen.events_downstream.end());
    outputs.emplace_back(uri);
    outputs.emplace_back(counters);
    g_free(uri);
    g_free(counters);
    for (const std::string& output : outputs) {
      EXPECT_EQ(output.find("An0therSecret"), std::string::npos) << output;
      for (const std::string_view part : shape.secret_parts) {
        EXPECT_EQ(output.find(part), std::string::npos) << shape.url << " in " << output;
      }
    }
  }
}

TEST(CameraSource, CannotBeAskedForThePassword) {
  const GParamSpec* spec = g_object_class_find_property(
      G_OBJECT_CLASS(g_type_class_ref(GST_TYPE_DEEPSTACK_CAMERA_SRC)), "user-pw");
  EXPECT_EQ(spec->flags & G_PARAM_READABLE, 0);
}

TEST(CameraSource, EndsWithAFile) {
  CameraPipeline pipeline("file://" DEEPSTACK_SOURCE_DIR "/samples/media/none.avi");
  pipeline.play();
  ASSERT_TRUE(pipeline.wait_for([](const CameraSeen& seen) { return seen.errors > 0; }))
      << "a file that is not there does not come back";

  const std::string video = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
  if (!std::filesystem::exists(video)) GTEST_SKIP() << "no " << video;
  CameraPipeline film("file://" + video);
  film.play();
  ASSERT_TRUE(film.wait_for([](const CameraSeen& seen) { return seen.eos == 1; }, 60));
  EXPECT_GE(film.seen().frames, 790);
  EXPECT_EQ(film.seen().said_count("camera.lost"), 0);
}

TEST(CameraSource, StopsAtOnceInAnyState) {
  RtspServer server;
  for (int round = 0; round < 3; ++round) {
    CameraPipeline pipeline(server.uri());
    pipeline.play();
    if (round > 0) {
      ASSERT_TRUE(pipeline.wait_for_frames(2));
    }
    if (round == 2) {
      server.stop();
      ASSERT_TRUE(pipeline.wait_for_said("camera.lost", 1));
    }
    const int64_t asked_ns = pipeline.now_ns();
    pipeline.set_state(GST_STATE_NULL);
    expect_figure("F13", "camera_to_null_s", 2.0, seconds_between(asked_ns, pipeline.now_ns()));
  }
  server.cont();
}

}  // namespace
}  // namespace deepstack
