// RtspServer: a camera on loopback (rtsp_server.cpp) that a test kills, stops, brings back, resizes
// or gives a password. It keeps its port over its lives. One thread.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace deepstack::test {

struct RtspServerOptions {
  int mounts = 1;
  int width = 160;
  int height = 120;
  int fps = 25;
  std::string stage{};      // elements in front of the payloader
  std::string payloader{};  // properties of rtph264pay
  std::string network{};    // elements behind it
  std::string user{};       // "": no password is asked for
  std::string password{};
};

class RtspServer {
 public:
  explicit RtspServer(RtspServerOptions options = {}) : options_(std::move(options)) { spawn(); }
  ~RtspServer() { kill(); }
  RtspServer(const RtspServer&) = delete;
  RtspServer& operator=(const RtspServer&) = delete;

  // Returns when it listens. The process must not be there.
  void spawn() {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) std::abort();
    const std::vector<std::string> words = arguments();
    process_ = fork();
    if (process_ == 0) become(words, input[0], output[1]);
    close(input[0]);
    close(output[1]);
    keep_alive_ = input[1];
    port_ = read_port(output[0]);
    close(output[0]);
  }

  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
    close(keep_alive_);
  }
  void stop() { ::kill(process_, SIGSTOP); }
  void cont() { ::kill(process_, SIGCONT); }

  // From the next spawn() on.
  void set_size(int width, int height) {
    options_.width = width;
    options_.height = height;
  }
  void set_password(const std::string& user, const std::string& password) {
    options_.user = user;
    options_.password = password;
  }

  int port() const { return port_; }
  std::string uri(int mount = 0) const {
    return "rtsp://127.0.0.1:" + std::to_string(port_) + "/camera" + std::to_string(mount);
  }

 private:
  std::vector<std::string> arguments() const {
    return {DEEPSTACK_RTSP_SERVER,
            std::to_string(port_),
            std::to_string(options_.mounts),
            std::to_string(options_.width),
            std::to_string(options_.height),
            std::to_string(options_.fps),
            options_.stage,
            options_.payloader,
            options_.network,
            options_.user,
            options_.password};
  }

  // After fork(): nothing that allocates.
  [[noreturn]] static void become(const std::vector<std::string>& words, int input, int output) {
    std::array<char*, 16> pointers{};
    for (size_t i = 0; i < words.size(); ++i) pointers[i] = const_cast<char*>(words[i].c_str());
    dup2(input, 0);
    dup2(output, 1);
    execv(pointers[0], pointers.data());
    _exit(127);
  }

  static int read_port(int descriptor) {
    std::string line;
    pollfd waited{descriptor, POLLIN, 0};
    while (line.find('\n') == std::string::npos && poll(&waited, 1, 10'000) == 1) {
      std::array<char, 64> bytes{};
      const ssize_t count = read(descriptor, bytes.data(), bytes.size());
      if (count <= 0) break;
      line.append(bytes.data(), static_cast<size_t>(count));
    }
    int port = 0;
    if (std::sscanf(line.c_str(), "listening %d", &port) == 1) return port;
    std::fprintf(stderr, "the test's RTSP server does not start: '%s'\n", line.c_str());
    std::abort();
  }

  RtspServerOptions options_;
  pid_t process_ = 0;
  int keep_alive_ = -1;  // its stdin
  int port_ = 0;
};

}  // namespace deepstack::test
