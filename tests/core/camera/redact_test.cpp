#include "core/camera/redact.h"

#include <gtest/gtest.h>

#include "core/camera/camera_address.h"
#include "tests/support/camera_urls.h"

namespace deepstack {
namespace {

bool shows(const std::string& text, const std::string& secret) {
  return text.find(secret) != std::string::npos;
}

TEST(Redactor, LeavesNoSecretInThirtyUrlShapes) {
  ASSERT_EQ(test::kCameraUrls.size(), 30);
  for (const test::CameraUrl& shape : test::kCameraUrls) {
    const std::string text = "could not open " + std::string(shape.url) + " for reading (" +
                             std::string(shape.url) + ").";
    const std::string unknown = Redactor().apply(text);
    for (const std::string_view part : shape.secret_parts) {
      EXPECT_FALSE(shows(unknown, std::string(part))) << shape.url << " became " << unknown;
    }
    const std::string known = Redactor({std::string(shape.secret)}).apply(text);
    EXPECT_FALSE(shows(known, std::string(shape.secret))) << shape.url << " became " << known;
    EXPECT_TRUE(known.starts_with("could not open ")) << known;
  }
}

TEST(Redactor, TakesAKnownSecretOutInAnyEncoding) {
  const Redactor redactor({"Welcome123!", "p%41 @:/"});
  for (const char* text :
       {"Welcome123!", "Welcome123%21", "welcome: Welcome123%2521", "%57elcome123!",
        "%57%65%6c%63%6F%6d%65%31%32%33%21", "p%41 @:/", "p%2541%20%40%3a%2F", "p%252541%20@:/"}) {
    const std::string redacted = redactor.apply(text);
    EXPECT_TRUE(redacted == "***" || redacted == "welcome: ***") << text << " became " << redacted;
  }
}

TEST(Redactor, LeavesTextWithoutCredentialsAlone) {
  const Redactor redactor({"hunter2"});
  for (const char* text :
       {"", "camera.lost", "rtsp://10.0.0.5:554/Streaming/Channels/101?transportmode=unicast",
        "file:///videos/a.avi", "http://[fe80::1]/x", "a@b.c wrote", "50% of 3%", "passes=3",
        "user=admin", "://", "%3A%2F%2F", "bypass =1"}) {
    EXPECT_EQ(redactor.apply(text), text);
  }
}

TEST(Redactor, KeepsTheHostWhereItCan) {
  EXPECT_EQ(Redactor().apply("rtsp://admin:pw@10.0.0.5:554/a and rtsp://u:p@host/b"),
            "rtsp://***@10.0.0.5:554/a and rtsp://***@host/b");
  EXPECT_EQ(Redactor().apply("rtsp://cam/?user=admin&password=x&stream=0"),
            "rtsp://cam/?user=admin&password=***&stream=0");
}

TEST(Redactor, DoesNotTakeAShortSecretForEveryLetter) {
  EXPECT_EQ(Redactor({"", "a", "on"}).apply("a connection"), "a connection");
}

}  // namespace
}  // namespace deepstack
