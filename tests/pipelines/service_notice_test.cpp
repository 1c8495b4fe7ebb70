#include "pipelines/watch/service_notice.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "tests/support/temp_folder.h"

namespace deepstack::test {
namespace {

using namespace std::chrono_literals;

// What systemd holds: a datagram socket, bound to a path or, with '@', to an abstract name.
class NoticeSocket {
 public:
  explicit NoticeSocket(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, name.c_str(), sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), length), 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~NoticeSocket() { close(fd_); }

  std::string next() const {
    char text[256];
    const ssize_t size = recv(fd_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text, static_cast<size_t>(size));
  }

 private:
  int fd_;
};

class Notice : public testing::Test {
 protected:
  ~Notice() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  const TempFolder folder_;
  const std::string path_ = folder_.path() / "notify";
};

TEST_F(Notice, TellsWhatSystemdUnderstands) {
  const NoticeSocket socket(path_);
  ServiceNotice notice;
  notice.ready();
  EXPECT_EQ(socket.next(), "READY=1");
  notice.status("2 of 3 cameras live");
  EXPECT_EQ(socket.next(), "STATUS=2 of 3 cameras live");
  notice.alive();
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  notice.stopping();
  EXPECT_EQ(socket.next(), "STOPPING=1");
}

TEST_F(Notice, KnowsTheAbstractNamespace) {
  const NoticeSocket socket("@deepstack-notice-" + std::to_string(getpid()));
  ServiceNotice().ready();
  EXPECT_EQ(socket.next(), "READY=1");
}

TEST_F(Notice, IsAliveTwiceInTheTimeThatSystemdWaits) {
  const NoticeSocket socket(path_);
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(ServiceNotice().alive_interval(), 15s);
}

TEST_F(Notice, IsNotWatchedWhenAnotherProcessIsOrTheTimeIsNone) {
  for (const char* usec : {"", "0", "-5", "1e6", "99999999999999999999999"}) {
    const NoticeSocket socket(path_);
    setenv("WATCHDOG_USEC", usec, 1);
    EXPECT_EQ(ServiceNotice().alive_interval(), std::nullopt) << usec;
    unlink(path_.c_str());
  }
  const NoticeSocket socket(path_);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceNotice().alive_interval(), std::nullopt);
}

TEST_F(Notice, DoesNothingWithoutSystemdAndLeavesNothingToChildren) {
  ServiceNotice().ready();
  setenv("NOTIFY_SOCKET", "relative", 1);
  setenv("WATCHDOG_USEC", "1000000", 1);
  ServiceNotice notice;
  notice.ready();
  EXPECT_EQ(notice.alive_interval(), std::nullopt);
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  setenv("NOTIFY_SOCKET", ("/" + std::string(200, 'x')).c_str(), 1);
  ServiceNotice().ready();
}

// Nobody reads: the notices are lost, not waited for.
TEST_F(Notice, NeverWaits) {
  const NoticeSocket socket(path_);
  ServiceNotice notice;
  for (int i = 0; i < 10'000; ++i) notice.alive();
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
}

}  // namespace
}  // namespace deepstack::test
