#include "pipelines/serve/connection.h"

#include <gtest/gtest.h>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace deepstack::test {
namespace {

using namespace std::chrono_literals;

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() : stop_(eventfd(0, EFD_NONBLOCK)) {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
    connection_ = std::make_unique<Connection>(ends_[0], stop_,
                                               Connection::Times{200ms, 200ms, 200ms, 200ms});
  }
  ~ConnectionTest() override {
    close(ends_[1]);
    close(stop_);
  }
  void send(const std::string& text) const {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // How many bytes can be read, one by one as httplib does.
  size_t read_all() {
    size_t count = 0;
    for (char byte = 0; connection_->read(&byte, 1) == 1;) ++count;
    return count;
  }

  int stop_;
  int ends_[2] = {-1, -1};
  std::unique_ptr<Connection> connection_;
};

TEST_F(ConnectionTest, GivesWhatWasSent) {
  send("GET / HTTP/1.1\r\n");
  ASSERT_TRUE(connection_->next_request());
  EXPECT_EQ(read_all(), 16U);
}

TEST_F(ConnectionTest, AHeadThatComesByteByByteIsCutOff) {
  send("G");
  const auto begun = std::chrono::steady_clock::now();
  std::jthread slow([this](const std::stop_token& stop) {
    // Each byte in time, all of them not. MSG_NOSIGNAL: the other end closes.
    while (!stop.stop_requested()) {
      ::send(ends_[1], "a", 1, MSG_NOSIGNAL);
      std::this_thread::yield();
    }
  });
  ASSERT_TRUE(connection_->next_request());
  char byte = 0;
  size_t lines = 0;
  while (connection_->read(&byte, 1) == 1) ++lines;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_LE(lines, Connection::kLongestHeadLine + 1);
}

TEST_F(ConnectionTest, ASilentHeadIsCutOff) {
  send("GET /");
  ASSERT_TRUE(connection_->next_request());
  EXPECT_EQ(read_all(), 5U);
}

TEST_F(ConnectionTest, NobodyThereIsNoRequest) { EXPECT_FALSE(connection_->next_request()); }

TEST_F(ConnectionTest, BoundsTheHead) {
  const std::string line = std::string(1000, 'a') + "\r\n";
  std::string head;
  while (head.size() < 2 * Connection::kMostHeadBytes) head += line;
  send(head);
  ASSERT_TRUE(connection_->next_request());
  EXPECT_EQ(read_all(), Connection::kMostHeadBytes);
}

TEST_F(ConnectionTest, BoundsALineOfTheHead) {
  send(std::string(2 * Connection::kLongestHeadLine, 'a'));
  ASSERT_TRUE(connection_->next_request());
  EXPECT_LE(read_all(), Connection::kLongestHeadLine);
}

TEST_F(ConnectionTest, BoundsTheBody) {
  send("h" + std::string(100, 'b'));
  ASSERT_TRUE(connection_->next_request());
  char byte = 0;
  ASSERT_EQ(connection_->read(&byte, 1), 1);
  connection_->begin_body(10);
  EXPECT_EQ(read_all(), 10U);
}

TEST_F(ConnectionTest, EndsAtOnceWhenTheServerStops) {
  const uint64_t one = 1;
  ASSERT_EQ(::write(stop_, &one, sizeof one), 8);
  send("GET / HTTP/1.1\r\n");
  EXPECT_FALSE(connection_->next_request());
  EXPECT_FALSE(connection_->is_writable());
}

TEST_F(ConnectionTest, AReaderThatTakesNothingIsGivenUp) {
  const std::string much(1 << 20, 'x');
  ssize_t sent = 0;
  while ((sent = connection_->write(much.data(), much.size())) > 0) {
  }
  EXPECT_LT(sent, 0);
}

TEST_F(ConnectionTest, NoticesThatTheOtherEndHasGone) {
  shutdown(ends_[1], SHUT_RDWR);
  EXPECT_FALSE(connection_->is_writable());
}

}  // namespace
}  // namespace deepstack::test
