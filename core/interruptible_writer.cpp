#include "core/interruptible_writer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>

namespace deepstack {

InterruptibleWriter::InterruptibleWriter(int descriptor)
    : descriptor_(descriptor), interrupt_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

InterruptibleWriter::~InterruptibleWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (interrupt_ >= 0) ::close(interrupt_);
}

// A pipe that has room takes PIPE_BUF bytes at once, so no write blocks where interrupt() could not
// end it.
int InterruptibleWriter::write(std::string_view text) const {
  while (!text.empty()) {
    if (const int error = wait_for_reader()) return error;
    const ssize_t written =
        ::write(descriptor_, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return errno;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int InterruptibleWriter::wait_for_reader() const {
  pollfd waited[] = {{descriptor_, POLLOUT, 0}, {interrupt_, POLLIN, 0}};
  while (poll(waited, 2, -1) < 0) {
    if (errno != EINTR) return errno;
  }
  if (waited[1].revents != 0) return ECANCELED;
  return (waited[0].revents & POLLERR) != 0 ? EPIPE : 0;
}

void InterruptibleWriter::interrupt() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(interrupt_, &one, sizeof one);
}

}  // namespace deepstack
