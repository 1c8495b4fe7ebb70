// Thirty ways in which people write a camera's address with a password in it.
#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace deepstack::test {

struct CameraUrl {
  std::string_view url;
  std::string_view secret;                     // as it stands in the URL
  std::vector<std::string_view> secret_parts;  // none of which may be seen
};

inline CameraUrl camera_url(std::string_view url, std::string_view secret) {
  return {url, secret, {secret}};
}

inline const std::array<CameraUrl, 30> kCameraUrls{{
    camera_url("rtsp://admin:S3cretPw@10.0.0.5/stream1", "S3cretPw"),
    camera_url("rtsp://admin:S3cretPw@10.0.0.5:554/Streaming/Channels/101", "S3cretPw"),
    camera_url("rtsps://admin:S3cretPw@camera.example:322/live", "S3cretPw"),
    camera_url("rtspt://admin:S3cretPw@10.0.0.5/live", "S3cretPw"),
    camera_url("RTSP://Admin:S3cretPw@CAMERA/live", "S3cretPw"),
    camera_url("http://admin:S3cretPw@10.0.0.5/video.mjpg", "S3cretPw"),
    camera_url("https://admin:S3cretPw@10.0.0.5:8443/cgi-bin/mjpg?channel=1", "S3cretPw"),
    camera_url("rtsp://:S3cretPw@10.0.0.5/live", "S3cretPw"),
    camera_url("rtsp://S3cretPw@10.0.0.5/live", "S3cretPw"),
    camera_url("rtsp://S3cretPw:@10.0.0.5/live", "S3cretPw"),
    camera_url("rtsp://admin:Welcome123%21@10.0.0.5/live", "Welcome123%21"),
    camera_url("rtsp://admin:%53%33cret%50w@10.0.0.5/live", "%53%33cret%50w"),
    camera_url("rtsp://admin:S3cret%40Pw@10.0.0.5/live", "S3cret%40Pw"),
    {"rtsp://admin:S3cret@Pw1@10.0.0.5/live", "S3cret@Pw1", {"S3cret", "Pw1"}},
    {"rtsp://admin:S3cret/Pw1@10.0.0.5/live", "S3cret/Pw1", {"S3cret", "Pw1"}},
    {"rtsp://admin:S3cret?Pw1@10.0.0.5/live", "S3cret?Pw1", {"S3cret", "Pw1"}},
    {"rtsp://admin:S3cret#Pw1@10.0.0.5/live", "S3cret#Pw1", {"S3cret", "Pw1"}},
    {"rtsp://admin:S3cret:Pw1@10.0.0.5/live", "S3cret:Pw1", {"S3cret", "Pw1"}},
    camera_url("rtsp://admin:S3cretPw!$&*()@10.0.0.5/live", "S3cretPw!$&*()"),
    camera_url("rtsp://admin:Gr\xc3\xbc\xc3\x9f"
               "e99@10.0.0.5/live",
               "Gr\xc3\xbc\xc3\x9f"
               "e99"),
    camera_url("rtsp://admin:S3cretPw@[fe80::1%25eth0]:554/live", "S3cretPw"),
    camera_url("rtsp://do%3Amain:S3cretPw@10.0.0.5/live", "S3cretPw"),
    camera_url("rtsp://10.0.0.5/user=admin&password=S3cretPw&channel=1&stream=0.sdp", "S3cretPw"),
    camera_url("rtsp://10.0.0.5/user=admin_password=S3cretPw_channel=1_stream=0.sdp", "S3cretPw"),
    camera_url("http://10.0.0.5/snap.cgi?user=admin&pwd=S3cretPw", "S3cretPw"),
    camera_url("https://10.0.0.5/live?token=S3cretPw&fps=5", "S3cretPw"),
    camera_url("rtsp://proxy/relay?from=rtsp%3A%2F%2Fadmin%3AS3cretPw%40cam%2Flive", "S3cretPw"),
    camera_url("rtsp://proxy/relay?from=rtsp%253A%252F%252Fadmin%253AS3cretPw%2540cam", "S3cretPw"),
    camera_url("rtsp:\\/\\/admin:S3cretPw@10.0.0.5\\/live", "S3cretPw"),
    camera_url("rtsp://admin:S3cretPw@10.0.0.5/live?next=a@b.example", "S3cretPw"),
}};

}  // namespace deepstack::test
