// ServiceNotice: tells systemd how the service is (Type=notify): sd_notify(3)'s protocol, one
// datagram to $NOTIFY_SOCKET. Its own few lines, because the protocol is a promise of systemd's and
// libsystemd would bring compression and crypto libraries along. Without that variable nothing
// happens. One thread; nothing waits.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace deepstack {

class ServiceNotice {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them: children are not asked.
  ServiceNotice();
  ~ServiceNotice();
  ServiceNotice(const ServiceNotice&) = delete;
  ServiceNotice& operator=(const ServiceNotice&) = delete;

  void ready() { send("READY=1"); }
  void stopping() { send("STOPPING=1"); }
  void alive() { send("WATCHDOG=1"); }
  void status(const std::string& line) { send("STATUS=" + line); }

  // How often to say alive(): half of what systemd waits for; nothing when it does not watch.
  std::optional<std::chrono::milliseconds> alive_interval() const { return alive_interval_; }

 private:
  void send(const std::string& text) const;

  int fd_ = -1;
  std::string address_;  // as in sockaddr_un::sun_path
  std::optional<std::chrono::milliseconds> alive_interval_;
};

}  // namespace deepstack
