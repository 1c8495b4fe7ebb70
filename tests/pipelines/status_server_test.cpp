// A few pages over HTTP, on the loopback, by a real client.
#include "pipelines/http/status_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace deepstack {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<StatusServer> serve(std::map<std::string, StatusServer::Page> pages) {
  Result<std::unique_ptr<StatusServer>> server = StatusServer::open("0", std::move(pages));
  EXPECT_TRUE(server.ok()) << server.status().message();
  return *std::move(server);
}

TEST(StatusServer, AnswersWhatItHasAndNothingElse) {
  const auto server = serve({{"/healthz", [] { return StatusReply{503, "not well\n"}; }}});
  EXPECT_THAT(server->url(), StartsWith("http://127.0.0.1:"));
  httplib::Client client(server->url());
  const auto health = client.Get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 503);
  EXPECT_EQ(health->body, "not well\n");
  EXPECT_EQ(client.Get("/other")->status, 404);
  EXPECT_EQ(client.Post("/healthz", "x", "text/plain")->status / 100, 4);
}

TEST(StatusServer, RefusesWhatIsNoAddress) {
  for (const char* address :
       {"", "host", "host:", ":80", "127.0.0.1:99999", "127.0.0.1:-1", "80x"}) {
    const auto server = StatusServer::open(address, {});
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_EQ(server.status().code(), StatusCode::kInvalid);
    EXPECT_THAT(server.status().message(), HasSubstr("HOST:PORT"));
  }
}

TEST(StatusServer, APortThatIsTakenIsToldNotShared) {
  const auto first = serve({});
  const std::string address = first->url().substr(std::string("http://").size());
  const auto second = StatusServer::open(address, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(second.status().message(), HasSubstr(address));
}

TEST(StatusServer, ManyClientsAtOnceAreAllAnswered) {
  const auto server = serve({{"/metrics", [] { return StatusReply{200, "x"}; }}});
  std::vector<std::thread> clients;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back([&] {
      httplib::Client client(server->url());
      if (const auto reply = client.Get("/metrics"); reply && reply->body == "x") ++answered;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 40);
}

TEST(StatusServer, EndsWithAnAnswerUnderWay) {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  bool go_on = false;
  auto server = serve({{"/slow", [&] {
                          std::unique_lock lock(mutex);
                          asked = true;
                          changed.notify_all();
                          changed.wait(lock, [&] { return go_on; });
                          return StatusReply{200, "done"};
                        }}});
  std::string body;
  std::thread client([&, url = server->url()] {
    httplib::Client connection(url);
    if (const auto reply = connection.Get("/slow")) body = reply->body;
  });
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return asked; }));
    go_on = true;
    changed.notify_all();
  }
  server.reset();
  client.join();
  EXPECT_EQ(body, "done");
}

}  // namespace
}  // namespace deepstack
