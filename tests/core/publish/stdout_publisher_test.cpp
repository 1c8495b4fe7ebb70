#include "core/publish/stdout_publisher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace deepstack {
namespace {

class Heard : public DeliveryListener {
 public:
  void opened() override {}
  void lost(PublishFailure failure) override { failures.push_back(failure.reason); }
  void troubled(PublishFailure) override {}
  void delivered(uint64_t number) override { last = number; }
  void rejected(uint64_t, std::string) override {}
  void has_news() override {}

  uint64_t last = 0;
  std::vector<std::string> failures;
};

// stdout is a pipe as long as it lives.
class StdoutPublisherTest : public testing::Test {
 protected:
  StdoutPublisherTest() : kept_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC), 0);
    dup2(ends_[1], STDOUT_FILENO);
    publisher_ = std::make_unique<StdoutPublisher>(heard_);
    dup2(kept_, STDOUT_FILENO);
    close(ends_[1]);
  }
  ~StdoutPublisherTest() override {
    if (ends_[0] >= 0) close(ends_[0]);
    close(kept_);
  }

  const int kept_;
  int ends_[2] = {-1, -1};
  Heard heard_;
  std::unique_ptr<StdoutPublisher> publisher_;
};

TEST_F(StdoutPublisherTest, WritesALineAtATime) {
  ASSERT_TRUE(publisher_->check().ok());
  publisher_->send(7, "{\"a\":1}");
  EXPECT_EQ(heard_.last, 7U);
  char text[32] = {};
  ASSERT_EQ(read(ends_[0], text, sizeof text), 8);
  EXPECT_STREQ(text, "{\"a\":1}\n");
}

TEST_F(StdoutPublisherTest, AReaderThatDoesNotReadIsLeftWhenInterrupted) {
  std::thread interrupter([this] {
    pollfd begun{ends_[0], POLLIN, 0};
    EXPECT_EQ(poll(&begun, 1, 10'000), 1) << "nothing is written";
    publisher_->interrupt();
  });
  publisher_->send(1, std::string(1'000'000, 'x'));  // more than a pipe takes
  interrupter.join();
  EXPECT_EQ(heard_.last, 0U);
  ASSERT_EQ(heard_.failures.size(), 1U);
}

TEST_F(StdoutPublisherTest, AReaderThatIsGoneIsSaid) {
  signal(SIGPIPE, SIG_IGN);
  close(std::exchange(ends_[0], -1));
  publisher_->send(1, "{}");
  signal(SIGPIPE, SIG_DFL);
  ASSERT_EQ(heard_.failures.size(), 1U);
  EXPECT_EQ(heard_.failures[0], "stdout cannot be written: Broken pipe");
}

}  // namespace
}  // namespace deepstack
