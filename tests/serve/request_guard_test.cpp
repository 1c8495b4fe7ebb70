#include "pipelines/serve/request_guard.h"

#include <gtest/gtest.h>

namespace deepstack::test {
namespace {

httplib::Request get(const std::string& path, const std::string& host = "127.0.0.1:8080") {
  httplib::Request request;
  request.method = "GET";
  request.path = request.target = path;
  request.headers = {{"Host", host}};
  return request;
}

httplib::Request post(const std::string& path, const std::string& length = "2") {
  httplib::Request request = get(path);
  request.method = "POST";
  request.set_header("X-Deepstack", "1");
  request.set_header("Content-Type", "application/json");
  request.set_header("Content-Length", length);
  return request;
}

httplib::Request with(httplib::Request request, const std::string& name, const std::string& value) {
  request.headers.erase(name);
  if (!value.empty()) request.headers.emplace(name, value);
  return request;
}

int answer(const httplib::Request& request,
           RequestGuard::Options options = {"127.0.0.1", 8080, {}}) {
  const auto refusal = RequestGuard(std::move(options)).check(request);
  return refusal ? refusal->status : 200;
}

TEST(RequestGuard, LetsOwnPagesAndProgramsThrough) {
  EXPECT_EQ(answer(get("/")), 200);
  EXPECT_EQ(answer(get("/api/overview", "localhost:8080")), 200);
  EXPECT_EQ(answer(get("/api/overview", "[::1]:8080")), 200);
  EXPECT_EQ(answer(post("/api/login")), 200);
  EXPECT_EQ(answer(with(post("/api/login"), "Origin", "http://127.0.0.1:8080")), 200);
}

TEST(RequestGuard, RefusesEveryNameButItsOwn) {
  for (const char* host : {"evil.example:8080", "127.0.0.1.evil.example:8080", "127.0.0.1:9",
                           "10.0.0.1:8080", "127.0.0.1:8080x", "[::1", ""}) {
    EXPECT_EQ(answer(get("/", host)), 421) << host;
  }
  httplib::Request twice = get("/");
  twice.headers.emplace("Host", "127.0.0.1:8080");
  EXPECT_EQ(answer(twice), 421);
  EXPECT_EQ(answer(get("/", "10.0.0.1:80"), {"0.0.0.0", 80, {}}), 200) << "an address is no name";
  EXPECT_EQ(answer(get("/", "evil.example:80"), {"0.0.0.0", 80, {}}), 421);
  EXPECT_EQ(answer(get("/", "Watch.Example"), {"127.0.0.1", 8080, {"watch.example"}}), 200);
}

TEST(RequestGuard, RefusesPagesOfOtherSites) {
  for (const char* origin :
       {"http://evil.example", "null", "http://127.0.0.1:9", "https://localhost:8080"}) {
    EXPECT_EQ(answer(with(post("/api/login"), "Origin", origin)), 403) << origin;
    EXPECT_EQ(answer(with(get("/api/overview"), "Origin", origin)), 403) << origin;
  }
  EXPECT_EQ(answer(with(get("/media/videos/1"), "Sec-Fetch-Site", "cross-site")), 403);
  EXPECT_EQ(answer(with(get("/media/videos/1"), "Sec-Fetch-Site", "same-site")), 403);
  EXPECT_EQ(answer(with(get("/media/videos/1"), "Sec-Fetch-Site", "same-origin")), 200);
  httplib::Request link = with(get("/"), "Sec-Fetch-Site", "cross-site");
  link.set_header("Sec-Fetch-Mode", "navigate");
  EXPECT_EQ(answer(link), 403) << "a frame of another site navigates, too";
  link.set_header("Sec-Fetch-Dest", "document");
  EXPECT_EQ(answer(link), 200);
}

TEST(RequestGuard, AChangeNeedsTheHeaderThatFormsCannotSend) {
  EXPECT_EQ(answer(with(post("/api/login"), "X-Deepstack", "")), 403);
  EXPECT_EQ(answer(with(post("/api/login"), "Content-Type", "text/plain")), 415);
  EXPECT_EQ(answer(with(post("/api/login"), "Content-Encoding", "gzip")), 415);
}

TEST(RequestGuard, BoundsBodiesBeforeTheyAreRead) {
  EXPECT_EQ(answer(post("/api/login", "65536")), 200);
  EXPECT_EQ(answer(post("/api/login", "65537")), 413);
  EXPECT_EQ(answer(post("/api/login", "99999999999999999999999")), 413);
  EXPECT_EQ(answer(post("/api/login", "-1")), 400);
  EXPECT_EQ(answer(with(post("/api/login"), "Content-Length", "")), 411);
  EXPECT_EQ(answer(with(post("/api/login"), "Transfer-Encoding", "chunked")), 411);
  const auto picture = [](const std::string& length) {
    return with(post(kPicturePath, length), "Content-Type", "image/jpeg");
  };
  EXPECT_EQ(answer(picture("8388608")), 200);
  EXPECT_EQ(answer(picture("8388609")), 413);
  EXPECT_EQ(answer(with(picture("5"), "Content-Type", "image/png")), 415);
  EXPECT_EQ(answer(with(get("/"), "Content-Length", "5")), 400);
}

TEST(RequestGuard, RefusesOtherMethodsAndLongAddresses) {
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    httplib::Request request = get("/");
    request.method = method;
    EXPECT_EQ(answer(request), 405) << method;
  }
  EXPECT_EQ(answer(get("/" + std::string(256, 'a'))), 414);
  httplib::Request long_query = get("/");
  long_query.target = "/?" + std::string(5000, 'a');
  EXPECT_EQ(answer(long_query), 414);
}

TEST(RequestGuard, KnowsLoopback) {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "localhost", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "192.168.1.2", "127.0.0.1.example", "1.127.0.0", ""}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace deepstack::test
