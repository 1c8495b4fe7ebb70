#include "pipelines/watch/camera_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepstack {
namespace {

using Names = std::vector<std::string>;
using testing::HasSubstr;

std::string derived(const std::string& input) { return camera_names({input}, {})->front(); }

TEST(CameraNames, AreTheFileOrTheHost) {
  EXPECT_EQ(derived("/videos/vtest.avi"), "vtest");
  EXPECT_EQ(derived("vtest.avi"), "vtest");
  EXPECT_EQ(derived("file:///videos/a%20b.mkv"), "a-20b");
  EXPECT_EQ(derived("rtsp://door.local/stream"), "door.local");
  EXPECT_EQ(derived("rtsp://192.168.1.20:554/Streaming/Channels/101"), "192.168.1.20");
  EXPECT_EQ(derived("https://[fe80::1]:8443/video"), "fe80--1");
  EXPECT_EQ(derived("rtsp://"), "camera");
}

TEST(CameraNames, NeverShowWhatCouldBeAPassword) {
  for (const char* uri : {
           "rtsp://admin:Secret1@door/stream",
           "rtsp://admin:Secret1@door:554/stream",
           "rtsp://admin:p@Secret1@door/stream",
           "rtsp://admin:Secret1@door/stream?x=a@b",
           "rtsp://Secret1@door/stream",
           "rtsp://door/user=a&password=Secret1",
           "rtsp://door?password=Secret1",
           "rtsp://admin:%53ecret1@door/stream",
       }) {
    EXPECT_EQ(derived(uri), "door") << uri;
  }
  // The authority ends within the password: no host is certain.
  EXPECT_EQ(derived("rtsp://admin:Sec/ret1@door/stream"), "camera");
  EXPECT_EQ(derived("rtsp://Sec?ret1@door/stream"), "camera");
  EXPECT_EQ(derived("rtsp://Sec#ret1@door"), "camera");
}

TEST(CameraNames, AreNumberedWhenTheyAreTheSame) {
  EXPECT_EQ(*camera_names({"rtsp://nvr/1", "rtsp://nvr/2", "a.avi", "rtsp://nvr/3"}, {}),
            (Names{"nvr", "nvr-2", "a", "nvr-3"}));
  EXPECT_EQ(*camera_names({"/x/a-2.avi", "/x/a.avi", "/y/a.avi"}, {}), (Names{"a-2", "a", "a-3"}));
}

TEST(CameraNames, AreThoseThatAreGiven) {
  EXPECT_EQ(*camera_names({"rtsp://1", "rtsp://2"}, {"door", "yard"}), (Names{"door", "yard"}));
}

TEST(CameraNames, GivenWronglyAreRefusedWithTheNumbers) {
  const auto message = [](const Names& given) {
    const auto names = camera_names({"rtsp://1", "rtsp://2"}, given);
    EXPECT_FALSE(names.ok());
    EXPECT_EQ(names.status().code(), StatusCode::kInvalid);
    return names.status().message();
  };
  EXPECT_THAT(message({"door"}), HasSubstr("1 names for 2 inputs"));
  EXPECT_THAT(message({"door", "door"}), HasSubstr("'door' is given twice"));
  EXPECT_THAT(message({"door", ""}), HasSubstr("1..64"));
  EXPECT_THAT(message({"door", "a\nb"}), HasSubstr("'a?b'"));
  EXPECT_THAT(message({"door", std::string(65, 'a')}), HasSubstr("1..64"));
}

}  // namespace
}  // namespace deepstack
