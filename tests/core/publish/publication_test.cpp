#include "core/publish/publication.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "core/publish/publish_loop.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

constexpr auto kPatience = 10s;

// A broker that the test leads: there or not, answering or not. Any thread.
class Broker {
 public:
  class Client final : public EventPublisher {
   public:
    Client(Broker& broker, DeliveryListener& listener) : broker_(broker), listener_(listener) {}
    void open() override {
      const std::optional<PublishFailure> failure = broker_.refusal();
      if (failure) return listener_.lost(*failure);
      listener_.opened();
    }
    void send(uint64_t number, const std::string& json) override {
      switch (broker_.take(json)) {
        case Answer::kAck:
          return listener_.delivered(number);
        case Answer::kReject:
          return listener_.rejected(number, "too strange");
        case Answer::kDie:
          return listener_.lost({PublishFailure::Kind::kLost, "died"});
        case Answer::kSilence:
          return;
      }
    }
    void close() override {}
    size_t window() const override { return 10; }

   private:
    Broker& broker_;
    DeliveryListener& listener_;
  };
  enum class Answer { kAck, kReject, kDie, kSilence };

  std::optional<PublishFailure> refusal() {
    const std::lock_guard guard(mutex_);
    ++openings_;
    changed_.notify_all();
    return refusal_;
  }
  Answer take(const std::string& json) {
    const std::lock_guard guard(mutex_);
    taken_.push_back(json);
    changed_.notify_all();
    return script_.empty() ? Answer::kAck : pop();
  }

  void refuse(std::optional<PublishFailure> refusal) {
    const std::lock_guard guard(mutex_);
    refusal_ = std::move(refusal);
  }
  void script(std::deque<Answer> answers) {
    const std::lock_guard guard(mutex_);
    script_ = std::move(answers);
  }
  Texts wait_for(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return taken_.size() >= count; });
    return taken_;
  }
  int openings() {
    const std::lock_guard guard(mutex_);
    return openings_;
  }

 private:
  Answer pop() {
    const Answer answer = script_.front();
    script_.pop_front();
    return answer;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<PublishFailure> refusal_;
  std::deque<Answer> script_;
  Texts taken_;
  int openings_ = 0;
};

class PublicationTest : public testing::Test {
 protected:
  // The loop with two threads of ours, as Publication has them.
  struct Running {
    std::shared_ptr<PublishLoop> loop;
    std::thread publishing;
    std::thread keeping;

    explicit Running(std::shared_ptr<PublishLoop> made)
        : loop(std::move(made)),
          publishing([this] { loop->publish(); }),
          keeping([this] { loop->keep(); }) {}
    ~Running() { stop(); }
    void stop() {
      if (!publishing.joinable()) return;
      loop->stop_publishing();
      publishing.join();
      loop->stop_keeping();
      keeping.join();
    }
  };

  std::unique_ptr<Running> run() {
    settings_.uri = "mqtt://nowhere";
    settings_.user_pw = "verysecret";
    auto loop = PublishLoop::make(
        *plan_publishing(settings_),
        [this](DeliveryListener& listener) {
          return std::make_unique<Broker::Client>(broker_, listener);
        },
        [this](const PublishNotice& notice, const PublishStats&) {
          const std::lock_guard guard(mutex_);
          notices_.push_back(notice);
          said_.notify_all();
        });
    EXPECT_TRUE(loop.ok()) << loop.status().message();
    return std::make_unique<Running>(*std::move(loop));
  }

  bool hears(PublishNotice::Kind kind, std::optional<PublishState> state = std::nullopt) {
    std::unique_lock lock(mutex_);
    return said_.wait_for(lock, kPatience, [&] {
      return std::any_of(notices_.begin(), notices_.end(), [&](const PublishNotice& notice) {
        return notice.kind == kind && (!state || notice.state == *state);
      });
    });
  }
  size_t count(PublishState state) {
    const std::lock_guard guard(mutex_);
    return static_cast<size_t>(
        std::count_if(notices_.begin(), notices_.end(), [&](const PublishNotice& notice) {
          return notice.kind == PublishNotice::Kind::kState && notice.state == state;
        }));
  }

  PublishSettings settings_;
  Broker broker_;
  std::mutex mutex_;
  std::condition_variable said_;
  std::vector<PublishNotice> notices_;
};

void expect_all_accounted(const PublishStats& stats) {
  EXPECT_EQ(stats.received + stats.recovered,
            stats.published + stats.rejected + stats.dropped + stats.spooled);
}

TEST_F(PublicationTest, LinesArriveInOrderAndWhatABrokerLostIsSentAnew) {
  using A = Broker::Answer;
  broker_.script({A::kAck, A::kSilence, A::kSilence, A::kDie});
  const auto running = run();
  for (const char* line : {"1", "2", "3", "4", "5"}) running->loop->put(line);
  EXPECT_EQ(broker_.wait_for(8), (Texts{"1", "2", "3", "4", "2", "3", "4", "5"}));
  EXPECT_EQ(running->loop->drain(kPatience), 0U);
  const PublishStats stats = running->loop->stats();
  EXPECT_EQ(stats.published, 5U);
  EXPECT_EQ(stats.reconnects, 1U);
  EXPECT_EQ(stats.last_error, "died");
  expect_all_accounted(stats);
  EXPECT_TRUE(hears(PublishNotice::Kind::kState, PublishState::kOk));
}

TEST_F(PublicationTest, ALineThatTheBrokerWillNotHaveStopsNoOther) {
  broker_.script({Broker::Answer::kReject});
  const auto running = run();
  running->loop->put("1");
  running->loop->put("2");
  EXPECT_EQ(running->loop->drain(kPatience), 0U);
  EXPECT_EQ(running->loop->stats().rejected, 1U);
  EXPECT_EQ(running->loop->stats().published, 1U);
  EXPECT_EQ(running->loop->stats().last_error, "too strange");
}

TEST_F(PublicationTest, ARefusalIsSaidOnceWithoutThePasswordAndNotTriedAgainSoon) {
  broker_.refuse(PublishFailure{PublishFailure::Kind::kRefused, "verysecret is wrong"});
  const auto running = run();
  running->loop->put("1");
  ASSERT_TRUE(hears(PublishNotice::Kind::kState, PublishState::kRefused));
  EXPECT_EQ(running->loop->drain(700ms), 1U);
  EXPECT_EQ(broker_.openings(), 1) << "asked again too soon";
  EXPECT_EQ(count(PublishState::kRefused), 1U);
  EXPECT_EQ(running->loop->stats().last_error, "*** is wrong");
  EXPECT_TRUE(hears(PublishNotice::Kind::kLeft, PublishState::kRefused));
}

TEST_F(PublicationTest, OverflowDropsTheOldestCountsThemAndSaysItAtOnce) {
  settings_.spool_max_items = 100;
  broker_.refuse(PublishFailure{});
  const auto running = run();
  for (int i = 0; i < 250; ++i) running->loop->put(std::to_string(i));
  EXPECT_EQ(running->loop->stats().dropped, 150U);
  ASSERT_TRUE(hears(PublishNotice::Kind::kState, PublishState::kDegraded));
  ASSERT_TRUE(hears(PublishNotice::Kind::kDropped, PublishState::kDegraded));
  broker_.refuse(std::nullopt);
  EXPECT_EQ(running->loop->drain(kPatience), 0U);
  EXPECT_EQ(broker_.wait_for(100).front(), "150");
  expect_all_accounted(running->loop->stats());
  EXPECT_TRUE(hears(PublishNotice::Kind::kState, PublishState::kOk));
}

TEST_F(PublicationTest, WhatIsLeftIsSentByTheNextRun) {
  const test::TempFolder folder;
  settings_.spool_location = folder.path().string();
  broker_.refuse(PublishFailure{});
  {
    const auto running = run();
    for (const char* line : {"1", "2", "3"}) running->loop->put(line);
    EXPECT_EQ(running->loop->drain(0ms), 3U);
    running->stop();
    EXPECT_TRUE(hears(PublishNotice::Kind::kLeft));
  }
  broker_.refuse(std::nullopt);
  {
    const auto running = run();
    running->loop->put("4");
    EXPECT_EQ(running->loop->drain(kPatience), 0U);
    EXPECT_EQ(running->loop->stats().recovered, 3U);
    EXPECT_EQ(broker_.wait_for(4), (Texts{"1", "2", "3", "4"}));
  }
  const auto running = run();
  EXPECT_EQ(running->loop->stats().recovered, 0U) << "what has arrived is not kept";
}

TEST_F(PublicationTest, ADamagedSpoolIsSaid) {
  const test::TempFolder folder;
  settings_.spool_location = folder.path().string();
  folder.write("spool.sqlite", std::string(4096, 'x'));
  const auto running = run();
  running->loop->put("1");
  EXPECT_TRUE(hears(PublishNotice::Kind::kSetAside));
  EXPECT_EQ(running->loop->drain(kPatience), 0U);
}

TEST(Publication, GoesToAFileAndCountsWhatIsWritten) {
  const test::TempFolder folder;
  PublishSettings settings;
  settings.uri = "file://" + (folder.path() / "e.jsonl").string();
  auto publication = Publication::open(settings, [](const auto&, const auto&) {});
  ASSERT_TRUE(publication.ok()) << publication.status().message();
  (*publication)->start();
  for (int i = 0; i < 1000; ++i) (*publication)->put(std::to_string(i));
  EXPECT_EQ((*publication)->drain(kPatience), 0U);
  (*publication)->stop();
  std::ifstream file(folder.path() / "e.jsonl");
  int line = 0;
  int count = 0;
  while (file >> line) ASSERT_EQ(line, count++);
  EXPECT_EQ(count, 1000);
}

TEST(Publication, WhatIsWrongIsSaidBeforeItStarts) {
  const test::TempFolder folder;
  const auto says = [](const PublishSettings& settings) {
    const auto publication = Publication::open(settings, [](const auto&, const auto&) {});
    EXPECT_FALSE(publication.ok());
    return publication.ok() ? "" : publication.status().message();
  };
  EXPECT_NE(says({.uri = "file:///proc/none/e.jsonl"}).find("/proc/none/e.jsonl: cannot"),
            std::string::npos);
  EXPECT_NE(says({.uri = "mqtt://a", .credentials_file = "/none"}).find("/none"),
            std::string::npos);
  EXPECT_NE(says({.uri = "mqtts://a", .ca_file = "/none.pem"}).find("ca-file /none.pem"),
            std::string::npos);
  const std::string pem = folder.write("a.pem", "-----BEGIN CERTIFICATE-----\n").string();
  EXPECT_NE(says({.uri = "mqtts://a", .cert_file = pem}).find("belong together"),
            std::string::npos);
  EXPECT_NE(says({.uri = "-", .spool_location = pem}).find("spool-location " + pem),
            std::string::npos);
}

}  // namespace
}  // namespace deepstack
