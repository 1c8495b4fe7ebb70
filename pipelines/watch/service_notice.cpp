#include "pipelines/watch/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace deepstack {
namespace {

std::string taken_from_environment(const char* name) {
  const char* value = std::getenv(name);
  const std::string copy = value == nullptr ? "" : value;
  unsetenv(name);
  return copy;
}

std::optional<int64_t> number(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) return {};
  return value;
}

}  // namespace

ServiceNotice::ServiceNotice() {
  address_ = taken_from_environment("NOTIFY_SOCKET");
  const std::optional<int64_t> watchdog_us = number(taken_from_environment("WATCHDOG_USEC"));
  const std::string watched = taken_from_environment("WATCHDOG_PID");
  const bool usable = (address_.starts_with('/') || address_.starts_with('@')) &&
                      address_.size() < sizeof(sockaddr_un::sun_path);
  if (!usable) return;
  if (address_.front() == '@') address_.front() = '\0';  // the abstract namespace
  fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (watchdog_us && (watched.empty() || number(watched) == int64_t{getpid()})) {
    alive_interval_ = std::chrono::milliseconds(std::max<int64_t>(*watchdog_us / 2000, 1));
  }
}

ServiceNotice::~ServiceNotice() {
  if (fd_ >= 0) close(fd_);
}

void ServiceNotice::send(const std::string& text) const {
  if (fd_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(address_.begin(), address_.end(), address.sun_path);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // Lost when systemd does not read: the service goes on, and the next notice says more.
  sendto(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace deepstack
