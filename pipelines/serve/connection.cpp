#include "pipelines/serve/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace deepstack {
namespace {

using std::chrono::steady_clock;

void name_of(const sockaddr_storage& address, std::string& ip, int& port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    port = ntohs(four.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
    port = ntohs(six.sin6_port);
  }
  ip = text;
}

}  // namespace

Connection::Connection(int socket, int stop_event, const Times& times)
    : socket_(socket), stop_event_(stop_event), times_(times) {
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
}

Connection::~Connection() {
  shutdown(socket_, SHUT_RDWR);
  close(socket_);
}

bool Connection::next_request() {
  deadline_ = steady_clock::now() + times_.idle;
  in_head_ = true;
  line_ = 0;
  bytes_left_ = kMostHeadBytes;
  if (begin_ == end_ && !fill()) return false;
  deadline_ = steady_clock::now() + times_.head;
  return true;
}

void Connection::begin_body(size_t most_bytes) {
  in_head_ = false;
  bytes_left_ = most_bytes;
  deadline_ = steady_clock::now() + times_.body;
}

bool Connection::wait(short events, Time deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> waited{{{socket_, events, 0}, {stop_event_, POLLIN, 0}}};
    const int ready = poll(waited.data(), waited.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || waited[1].revents != 0) return false;
    return (waited[0].revents & events) != 0;
  }
}

bool Connection::fill() {
  if (!wait(POLLIN, deadline_)) return false;
  const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), 0);
  if (got <= 0) return false;
  begin_ = 0;
  end_ = static_cast<size_t>(got);
  return true;
}

bool Connection::is_readable() const { return begin_ < end_ || wait(POLLIN, deadline_); }

bool Connection::is_writable() const {
  if (!wait(POLLOUT, steady_clock::now() + times_.write)) return false;
  // Gone is who closed: then reading gives nothing at once.
  char ignored = 0;
  const ssize_t got = recv(socket_, &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
}

ssize_t Connection::read(char* data, size_t size) {
  if (bytes_left_ == 0) return -1;
  if (begin_ == end_ && !fill()) return -1;
  const size_t taken = std::min({size, end_ - begin_, bytes_left_});
  std::memcpy(data, buffer_.data() + begin_, taken);
  begin_ += taken;
  bytes_left_ -= taken;
  if (in_head_) {
    // httplib matches headers by std::regex, which recurses with their length.
    for (size_t i = 0; i < taken; ++i) {
      line_ = data[i] == '\n' ? 0 : line_ + 1;
      if (line_ > kLongestHeadLine) return -1;
    }
  }
  return static_cast<ssize_t>(taken);
}

ssize_t Connection::write(const char* data, size_t size) {
  if (!wait(POLLOUT, steady_clock::now() + times_.write)) return -1;
  return send(socket_, data, size, MSG_NOSIGNAL);
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    name_of(address, ip, port);
  }
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    name_of(address, ip, port);
  }
}

}  // namespace deepstack
