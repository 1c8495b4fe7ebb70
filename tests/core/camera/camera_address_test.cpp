#include "core/camera/camera_address.h"

#include <gtest/gtest.h>

#include "tests/support/camera_urls.h"

namespace deepstack {
namespace {

TEST(CameraAddress, TakesTheCredentialsOut) {
  const Result<CameraAddress> address =
      parse_camera_address("RTSP://ad%6Din:Welcome123%21:x%40@10.0.0.5:554/a?b=c@d#e");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->uri, "rtsp://10.0.0.5:554/a?b=c@d#e");
  EXPECT_EQ(address->scheme, "rtsp");
  EXPECT_EQ(address->user, "admin");
  EXPECT_EQ(address->password, "Welcome123!:x@");
  EXPECT_EQ(address->encoded_password, "Welcome123%21:x%40");
  EXPECT_TRUE(address->is_rtsp());
}

TEST(CameraAddress, LeavesAnAddressWithoutCredentialsAsItIs) {
  for (const char* text : {"rtsp://host", "rtsps://[::1]:322/x", "http://a.b/c?d=1", "rtsp://h:/x",
                           "file:///a@b/c:d.avi"}) {
    const Result<CameraAddress> address = parse_camera_address(text);
    ASSERT_TRUE(address.ok()) << text << ": " << address.status().message();
    EXPECT_EQ(address->uri, text);
    EXPECT_EQ(address->user, "");
  }
}

TEST(CameraAddress, RefusesWhatIsNoneWithoutRepeatingIt) {
  const std::string long_text = "rtsp://" + std::string(5000, 'S');
  for (const std::string& text :
       {std::string(), std::string("S3cret"), std::string("rtsp:/S3cret"), std::string("://S3cret"),
        std::string("rtsp://"), std::string("rtsp:///S3cret"), std::string("rtsp://:554/S3cret"),
        std::string("rtsp://admin:S3cret/x@host/"), std::string("rtsp://admin:S3cret?@host/"),
        std::string("rtsp://u:S3cret@"), std::string("rtsp://h/a S3cret"),
        std::string("rtsp://h/\nS3cret"), std::string("1rtsp://S3cret"), long_text}) {
    const Result<CameraAddress> address = parse_camera_address(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.status().code(), StatusCode::kInvalid);
    EXPECT_EQ(address.status().message().find("S3cret"), std::string::npos);
    EXPECT_LT(address.status().message().size(), 250);
  }
}

TEST(CameraAddress, LeavesNoUserinfoInAnyShapeItAccepts) {
  for (const test::CameraUrl& shape : test::kCameraUrls) {
    const Result<CameraAddress> address = parse_camera_address(shape.url);
    if (!address.ok() || shape.url.find('=') < shape.url.find(shape.secret)) continue;
    EXPECT_EQ(address->uri.find(shape.secret), std::string::npos) << shape.url;
  }
}

}  // namespace
}  // namespace deepstack
