// F4: a wrong password, and a camera that has no such stream: asked again after 30 s, not before.
#include <gtest/gtest.h>

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

// From the first refusal to the next attempt.
double second_attempt_s(CameraPipeline& pipeline) {
  const auto attempts = [](const CameraSeen& seen) {
    int count = 0;
    for (const CameraSaid& said : seen.said) count += said.state == "connecting" ? 1 : 0;
    return count;
  };
  if (!pipeline.wait_for([&](const CameraSeen& seen) { return attempts(seen) >= 2; }, 40))
    return -1;
  const CameraSeen seen = pipeline.seen();
  int64_t refused_ns = 0;
  for (const CameraSaid& said : seen.said) {
    if (refused_ns == 0 && said.state != "connecting") refused_ns = said.at_ns;
    if (refused_ns != 0 && said.state == "connecting")
      return seconds_between(refused_ns, said.at_ns);
  }
  return -1;
}

TEST(F4, ARefusedCameraIsToldApartAndAskedEveryThirtySeconds) {
  RtspServer server({.user = "viewer", .password = "S3cretPw"});
  CameraPipeline wrong(server.uri());
  g_object_set(wrong.camera(), "user-id", "viewer", "user-pw", "Wr0ngPw99", nullptr);
  CameraPipeline none(server.uri(77));
  g_object_set(none.camera(), "user-id", "viewer", "user-pw", "S3cretPw", nullptr);
  wrong.play();
  none.play();
  ASSERT_TRUE(wrong.wait_for_said("camera.auth", 1));
  ASSERT_TRUE(none.wait_for_said("camera.lost", 1));
  EXPECT_EQ(wrong.seen().last_said("camera.auth").state, "auth-failed");
  EXPECT_TRUE(none.seen().last_said("camera.lost").reason.starts_with("not found"))
      << none.seen().last_said("camera.lost").reason;
  for (CameraPipeline* pipeline : {&wrong, &none}) {
    const double waited_s = second_attempt_s(*pipeline);
    expect_figure("F4", pipeline == &wrong ? "auth_retry_s(-30)" : "not_found_retry_s(-30)", -29.9,
                  -waited_s);
    for (const std::string& text : pipeline->seen().texts) {
      EXPECT_EQ(text.find("Wr0ngPw99"), std::string::npos) << text;
      EXPECT_EQ(text.find("S3cretPw"), std::string::npos) << text;
    }
    EXPECT_EQ(pipeline->seen().errors, 0);
  }
}

}  // namespace
}  // namespace deepstack
