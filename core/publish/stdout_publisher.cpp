#include "core/publish/stdout_publisher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace deepstack {

StdoutPublisher::StdoutPublisher(DeliveryListener& listener)
    : listener_(listener),
      fd_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)),
      interrupt_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

StdoutPublisher::~StdoutPublisher() {
  if (fd_ >= 0) ::close(fd_);
  if (interrupt_fd_ >= 0) ::close(interrupt_fd_);
}

Status StdoutPublisher::check() {
  if (fd_ >= 0 && interrupt_fd_ >= 0) return {};
  return {StatusCode::kUnavailable, "uri -: stdout cannot be written"};
}

void StdoutPublisher::send(uint64_t number, const std::string& json) {
  const int error = write_all(json + "\n");
  if (error == 0) return listener_.delivered(number);
  listener_.lost({PublishFailure::Kind::kLost,
                  "stdout cannot be written: " + std::generic_category().message(error)});
}

// 0, or what went wrong. A pipe that has room takes PIPE_BUF bytes at once, so no write blocks
// where interrupt() could not end it.
int StdoutPublisher::write_all(std::string_view text) const {
  while (!text.empty()) {
    if (const int error = wait_for_reader()) return error;
    const ssize_t written = ::write(fd_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int StdoutPublisher::wait_for_reader() const {
  pollfd waited[] = {{fd_, POLLOUT, 0}, {interrupt_fd_, POLLIN, 0}};
  while (poll(waited, 2, -1) < 0) {
    if (errno != EINTR) return errno;
  }
  if (waited[1].revents != 0) return ECANCELED;
  return (waited[0].revents & POLLERR) != 0 ? EPIPE : 0;
}

void StdoutPublisher::interrupt() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(interrupt_fd_, &one, sizeof one);
}

}  // namespace deepstack
