// Connection: a client's socket as httplib reads and writes it, with deadlines for whole requests
// and not for single bytes: a client that sends one byte a second is cut off like one that sends
// none. Ends at once when the server stops. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <httplib.h>

namespace deepstack {

class Connection final : public httplib::Stream {
 public:
  struct Times {
    std::chrono::milliseconds head{8000};  // for request line and headers
    std::chrono::milliseconds body{30'000};
    std::chrono::milliseconds idle{15'000};  // between two requests
    std::chrono::milliseconds write{8000};   // without a byte taken
  };
  static constexpr size_t kMostHeadBytes = 16 * 1024;
  static constexpr size_t kLongestHeadLine = 4096;

  // Owns the socket. stop_event: an eventfd that becomes readable when the server stops.
  Connection(int socket, int stop_event) : Connection(socket, stop_event, Times()) {}
  Connection(int socket, int stop_event, const Times& times);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Waits for the first byte of a request, and gives its head its time from then on.
  bool next_request();
  // The head is read: what follows is its body, of at most this many bytes.
  void begin_body(size_t most_bytes);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, size_t size) override;
  ssize_t write(const char* data, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  bool wait(short events, Time deadline) const;
  bool fill();

  int socket_;
  int stop_event_;
  const Times times_;
  std::array<char, 4096> buffer_{};
  size_t begin_ = 0;  // of what is read and not yet taken
  size_t end_ = 0;
  bool in_head_ = true;
  size_t bytes_left_ = 0;  // that the head or the body may still have
  size_t line_ = 0;        // bytes of the head's line so far
  Time deadline_;
};

}  // namespace deepstack
