#include "pipelines/serve/serve_session.h"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/archive_folder.h"

namespace deepstack::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
const std::string kToken = "correct-horse-battery";

class ServeSessionTest : public ArchiveFolder {
 protected:
  ServeSessionTest() {
    const auto writer = archive();
    ArchiveVideo video = video_of("gate", 1);
    video.path = folder_.write("gate.mp4", kBytes).string();
    ArchiveStep step = step_of(*writer, video);
    see(step, 1, kLook, 2, 3);
    EXPECT_TRUE(writer->commit(step).ok());
  }
  void SetUp() override {
    change(
        "INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s, name) VALUES"
        "(7, '692a6000-b865-4038-840c-67f81b266b83', 'person', 1800000062, 1800000064, "
        "'<b>Ada</b>')");
    change("UPDATE tracks SET identity = 7");
    options_.store = store();
    options_.port = 0;
    options_.version = "1.2.3";
  }
  void start() {
    auto session = ServeSession::start(options_);
    ASSERT_TRUE(session.ok()) << session.status().message();
    session_ = *std::move(session);
  }
  Status refusal() const {
    auto session = ServeSession::start(options_);
    return session.ok() ? Status() : session.status();
  }
  httplib::Client client() const { return httplib::Client("127.0.0.1", session_->port()); }
  json get_json(const std::string& path) const {
    auto answer = client().Get(path);
    EXPECT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 200) << path << ": " << answer->body;
    return json::parse(answer->body);
  }
  json post(const std::string& path, const json& body, int expected = 200) const {
    auto answer = client().Post(path, {{"X-Deepstack", "1"}}, body.dump(), "application/json");
    EXPECT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, expected) << path << ": " << answer->body;
    return json::parse(answer->body);
  }
  int status_of(const std::string& path, const httplib::Headers& headers = {}) const {
    auto answer = client().Get(path, headers);
    return answer ? answer->status : -1;
  }
  std::filesystem::path token_file(mode_t mode = 0600) const {
    const auto file = folder_.write("token", kToken);
    EXPECT_EQ(chmod(file.c_str(), mode), 0);
    return file;
  }

  static constexpr Look kLook = 3;
  const std::string kBytes = "no video, but bytes to cut ranges from";
  ServeOptions options_;
  std::unique_ptr<ServeSession> session_;
};

TEST_F(ServeSessionTest, ShowsWhatIsInTheStore) {
  start();
  const json overview = get_json("/api/overview");
  EXPECT_EQ(overview["identities"], 1);
  EXPECT_EQ(overview["cameras"][0]["name"], "gate");
  const json timeline = get_json("/api/timeline");
  EXPECT_EQ(timeline["total"], 1);
  EXPECT_EQ(timeline["rows"][0]["name"], "<b>Ada</b>");
  EXPECT_EQ(timeline["rows"][0]["stays"].size(), 1U);
  EXPECT_EQ(get_json("/api/timeline?text=ada")["total"], 1);
  EXPECT_EQ(get_json("/api/timeline?text=692a6000")["total"], 1);
  EXPECT_EQ(get_json("/api/timeline?text=bob")["total"], 0);
  EXPECT_EQ(get_json("/api/timeline?camera=yard")["total"], 0);
  EXPECT_EQ(get_json("/api/timeline?label=dog")["total"], 0);
  EXPECT_EQ(get_json("/api/timeline?to=1000")["total"], 0) << "it was not seen yet";
  EXPECT_EQ(get_json("/api/activity?bins=4")["cameras"]["gate"].size(), 4U);
  EXPECT_EQ(get_json("/api/identities/7")["sightings"], 3);
  EXPECT_EQ(get_json("/api/identities/7/tracks")[0]["first_pts"], 2.0);
  const json tracks = get_json("/api/videos/1/tracks");
  EXPECT_EQ(tracks[0]["boxes"].size(), 3U);
  EXPECT_EQ(tracks[0]["boxes"][1], json({3.0, 10.0, 20.0, 30.0, 80.0}));
  EXPECT_EQ(get_json("/api/videos/1/tracks?boxes=0")[0]["boxes"].size(), 0U);
  EXPECT_EQ(get_json("/api/videos")[0]["file"], "gate.mp4") << "where it lies is not told";
  EXPECT_EQ(get_json("/api/system")["version"], "1.2.3");
}

TEST_F(ServeSessionTest, SaysWhatIsWrongWithARequest) {
  start();
  for (const char* path :
       {"/api/timeline?from=x", "/api/timeline?limit=0", "/api/timeline?limit=201",
        "/api/timeline?from=2&to=1", "/api/timeline?offset=-1", "/api/timeline?from=nan",
        "/api/activity?bins=0", "/media/frames/1.jpg?t=-1"}) {
    EXPECT_EQ(status_of(path), 400) << path;
  }
  for (const char* path :
       {"/api/identities/8", "/api/videos/2", "/api/identities/1x", "/api/identities/-1",
        "/media/videos/2", "/media/videos/../../etc/passwd", "/media/videos/%2e%2e%2fetc%2fpasswd",
        "/assets/../token", "/api/identities/9999999999999999999", "/media/pictures/999.jpg",
        "/nothing", "/api/events"}) {
    EXPECT_EQ(status_of(path), 404) << path;
  }
  const auto long_text = client().Get("/api/timeline?text=" + std::string(300, 'a'));
  EXPECT_EQ(long_text->status, 400);
  EXPECT_THAT(long_text->body, HasSubstr("300 bytes"));
}

TEST_F(ServeSessionTest, ServesOfAVideosPathNothingButAVideo) {
  start();
  const auto bytes = client().Get("/media/videos/1");
  EXPECT_EQ(bytes->status, 415);
  EXPECT_EQ(bytes->body.find(kBytes), std::string::npos);
  std::filesystem::remove(folder_.path() / "gate.mp4");
  EXPECT_EQ(status_of("/media/videos/1"), 404);
  std::filesystem::create_symlink("/etc/passwd", folder_.path() / "gate.mp4");
  EXPECT_EQ(status_of("/media/videos/1"), 415);
  std::filesystem::remove(folder_.path() / "gate.mp4");
  ASSERT_EQ(mkfifo((folder_.path() / "gate.mp4").c_str(), 0600), 0);
  EXPECT_EQ(status_of("/media/videos/1"), 415) << "and did not wait for a writer";
}

TEST_F(ServeSessionTest, EveryAnswerHasTheSecurityHeaders) {
  start();
  for (const char* path : {"/", "/assets/app.js", "/api/overview", "/nothing", "/media/videos/9"}) {
    auto answer = client().Get(path);
    ASSERT_TRUE(answer) << path;
    EXPECT_THAT(answer->get_header_value("Content-Security-Policy"),
                HasSubstr("default-src 'self'"))
        << path;
    EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(answer->get_header_value("Referrer-Policy"), "no-referrer") << path;
    EXPECT_FALSE(answer->has_header("Access-Control-Allow-Origin")) << path;
  }
  EXPECT_EQ(status_of("/", {{"Host", "evil.example"}}), 421);
  EXPECT_EQ(status_of("/api/overview", {{"Origin", "http://evil.example"}}), 403);
}

TEST_F(ServeSessionTest, BeyondLoopbackItNeedsAToken) {
  options_.host = "0.0.0.0";
  EXPECT_THAT(refusal().message(), HasSubstr("--token-file"));
  EXPECT_EQ(refusal().code(), StatusCode::kInvalid);
  options_.token_file = token_file(0644);
  EXPECT_THAT(refusal().message(), HasSubstr("0600"));
  options_.token_file = token_file();
  start();
  EXPECT_EQ(status_of("/api/overview"), 401);
}

// Every address that shows something of the store, with and without the token.
TEST_F(ServeSessionTest, WithATokenNothingIsShownWithoutIt) {
  options_.token_file = token_file();
  start();
  const std::string paths[] = {"/api/overview",
                               "/api/timeline",
                               "/api/activity",
                               "/api/identities/7",
                               "/api/identities/7/tracks",
                               "/api/videos",
                               "/api/videos/1",
                               "/api/videos/1/tracks",
                               "/api/system",
                               "/api/events",
                               "/media/videos/1",
                               "/media/frames/1.jpg",
                               "/media/pictures/1.jpg",
                               "/metrics"};
  for (const std::string& path : paths) EXPECT_EQ(status_of(path), 401) << path;
  for (const std::string& path : paths) {
    EXPECT_NE(status_of(path, {{"Authorization", "Bearer " + kToken}}), 401) << path;
  }
  for (const char* path : {"/", "/assets/app.js", "/healthz", "/readyz"})
    EXPECT_EQ(status_of(path), 200) << path;
}

TEST_F(ServeSessionTest, ALoginGivesACookieThatIsEnough) {
  options_.token_file = token_file();
  start();
  const httplib::Headers own{{"X-Deepstack", "1"}};
  auto wrong = client().Post("/api/login", own, R"({"token": "wrong"})", "application/json");
  EXPECT_EQ(wrong->status, 401);
  EXPECT_EQ(client().Post("/api/login", own, "[", "application/json")->status, 400);
  EXPECT_EQ(client().Post("/api/login", R"({"token": "x"})", "application/json")->status, 403);
  auto in = client().Post("/api/login", own, json{{"token", kToken}}.dump(), "application/json");
  ASSERT_EQ(in->status, 200);
  const std::string cookie = in->get_header_value("Set-Cookie");
  EXPECT_EQ(status_of("/api/overview", {{"Cookie", cookie.substr(0, cookie.find(';'))}}), 200);
}

TEST_F(ServeSessionTest, SaysWhyItCannotStart) {
  start();
  ServeOptions second = options_;
  second.port = session_->port();
  const Status in_use = ServeSession::start(second).status();
  EXPECT_THAT(in_use.message(), HasSubstr("in use"));
  options_.host = "192.0.2.1";
  options_.token_file = token_file();
  EXPECT_THAT(refusal().message(), HasSubstr("192.0.2.1"));
  options_.host = "127.0.0.1";
  options_.events = folder_.path() / "none" / "events.jsonl";
  EXPECT_EQ(refusal().code(), StatusCode::kNotFound);
  options_.store = folder_.path() / "none";
  EXPECT_EQ(refusal().code(), StatusCode::kNotFound);
}

TEST_F(ServeSessionTest, AStoreOfAnotherVersionIsRefused) {
  change("PRAGMA user_version = 3");
  EXPECT_EQ(refusal().code(), StatusCode::kCorrupt);
  EXPECT_THAT(refusal().message(), HasSubstr("version 3"));
}

TEST_F(ServeSessionTest, EditsAreMadeAndUndoneUntilTheyAreKept) {
  start();
  EXPECT_EQ(post("/api/edits/name", {{"identity", 7}, {"name", "Bob"}})["identity"], 7);
  EXPECT_EQ(get_json("/api/identities/7")["name"], "Bob");
  const json pending = get_json("/api/edits");
  ASSERT_EQ(pending.size(), 1U);
  post("/api/edits/undo", {{"edit", pending[0]["edit"]}});
  EXPECT_EQ(get_json("/api/identities/7")["name"], "<b>Ada</b>");
  const json again = post("/api/edits/name", {{"identity", 7}, {"name", "Eve"}});
  post("/api/edits/confirm", {{"edit", again["edit"]}});
  EXPECT_TRUE(get_json("/api/edits").empty());
  EXPECT_EQ(get_json("/api/identities/7")["name"], "Eve");
}

TEST_F(ServeSessionTest, WhoIsErasedIsInNoAnswer) {
  start();
  EXPECT_EQ(post("/api/edits/erase", {{"identity", 7}})["tracks"], 1);
  EXPECT_EQ(status_of("/api/identities/7"), 404);
  EXPECT_EQ(status_of("/media/pictures/1.jpg"), 404);
  EXPECT_EQ(get_json("/api/timeline")["total"], 0);
}

TEST_F(ServeSessionTest, WrongEditsSayWhatIsWrong) {
  start();
  EXPECT_EQ(post("/api/edits/name", json::array(), 400)["error"], "the body must be a JSON object");
  EXPECT_THAT(post("/api/edits/name", {{"identity", 7}}, 400).value("error", ""), HasSubstr("'name'"));
  EXPECT_THAT(post("/api/edits/name", {{"identity", "7"}, {"name", "x"}}, 400).value("error", ""),
              HasSubstr("identity is"));
  EXPECT_THAT(post("/api/edits/split", {{"identity", 7}, {"tracks", {"1"}}}, 400).value("error", ""),
              HasSubstr("tracks must be"));
  post("/api/edits/merge", {{"from", 7}, {"into", 7}}, 400);
  post("/api/edits/erase", {{"identity", 8}}, 404);
  post("/api/edits/undo", {{"edit", 99}}, 404);
  const auto writer = archive();
  EXPECT_THAT(post("/api/edits/name", {{"identity", 7}, {"name", "x"}}, 503).value("error", ""),
              HasSubstr(std::to_string(getpid())));
}

// A client that sends bytes as they are.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval ten{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &ten, sizeof ten);
  }
  ~RawClient() { close(socket_); }
  void send(const std::string& text) const {
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // Until the other end closes, or has sent so much.
  std::string answer(size_t most = 1 << 20) const {
    std::string text;
    char bytes[4096];
    while (text.size() < most) {
      const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      text.append(bytes, static_cast<size_t>(got));
    }
    return text;
  }

 private:
  int socket_;
};

TEST_F(ServeSessionTest, WhatIsNoSoundRequestEndsItsConnectionAndNothingElse) {
  start();
  const std::string host = "Host: 127.0.0.1:" + std::to_string(session_->port()) + "\r\n";
  const std::string end = "Connection: close\r\n\r\n";
  for (const std::string& request : {
           std::string("\x16\x03\x01 TLS\r\n\r\n"),
           std::string("GET /\r\n\r\n"),
           "GET / HTTP/1.1\r\n" + std::string(100'000, 'a'),
           "GET / HTTP/1.1\r\n" + host + "Range: bytes=99999999999999999999999-\r\n" + end,
           "GET / HTTP/1.1\r\n" + host + "Range: bytes=" + std::string(3000, '9') + "-\r\n" + end,
           "GET /media/videos/1 HTTP/1.1\r\n" + host + "Range: bytes=5-2,-0,0-0,1-1\r\n" + end,
           "POST /api/login HTTP/1.1\r\n" + host +
               "X-Deepstack: 1\r\nContent-Type: application/json\r\nContent-Length: "
               "99999999999999999999\r\n" +
               end,
           "GET / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n" + end + "12345",
       }) {
    RawClient raw(session_->port());
    raw.send(request);
    EXPECT_EQ(raw.answer().find("HTTP/1.1 200"), std::string::npos) << request.substr(0, 60);
    EXPECT_EQ(status_of("/healthz"), 200);
  }
}

TEST_F(ServeSessionTest, TheBodyOfARefusedRequestIsNoRequest) {
  start();
  RawClient raw(session_->port());
  const std::string host = "Host: 127.0.0.1:" + std::to_string(session_->port()) + "\r\n";
  const std::string inner = "GET /healthz HTTP/1.1\r\n" + host + "\r\n";
  raw.send("POST /api/login HTTP/1.1\r\n" + host +
           "Content-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner);
  const std::string answer = raw.answer();
  EXPECT_THAT(answer, HasSubstr("403"));
  EXPECT_EQ(answer.find("200"), std::string::npos) << answer;
}

TEST_F(ServeSessionTest, OneConnectionTooManyIsToldSoAtOnce) {
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < HttpServer::kMostConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(session_->port()));
    clients.back()->send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:" +
                         std::to_string(session_->port()) + "\r\n\r\n");
    EXPECT_THAT(clients.back()->answer(15), HasSubstr("200"));
  }
  EXPECT_THAT(RawClient(session_->port()).answer(), HasSubstr("503"));
  clients.clear();
}

TEST_F(ServeSessionTest, EventsComeAsTheyAreWritten) {
  options_.events = folder_.write("events.jsonl", "{\"event\":\"new\"}\n");
  start();
  std::string got;
  client().Get("/api/events", [&](const char* data, size_t size) {
    got.append(data, size);
    if (got.find("\"new\"") != std::string::npos && got.find("\"end\"") == std::string::npos) {
      std::ofstream(options_.events, std::ios::app) << "{\"event\":\"end\"}\n";
    }
    return got.find("\"end\"") == std::string::npos;
  });
  EXPECT_THAT(got, HasSubstr("id: 1\ndata: {\"event\":\"new\"}\n\n"));
  EXPECT_THAT(got, HasSubstr("id: 2\ndata: {\"event\":\"end\"}\n\n"));
}

TEST_F(ServeSessionTest, ReadersOfEventsAreBoundedAndEndWithTheServer) {
  options_.events = folder_.write("events.jsonl", "");
  start();
  const std::string request =
      "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(session_->port()) +
      "\r\n\r\n";
  std::vector<std::unique_ptr<RawClient>> readers;
  for (int i = 0; i < Site::kMostEventReaders; ++i) {
    readers.push_back(std::make_unique<RawClient>(session_->port()));
    readers.back()->send(request);
    EXPECT_THAT(readers.back()->answer(15), HasSubstr("200"));
  }
  EXPECT_EQ(status_of("/api/events"), 503);
  const auto begun = std::chrono::steady_clock::now();
  session_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

}  // namespace
}  // namespace deepstack::test
