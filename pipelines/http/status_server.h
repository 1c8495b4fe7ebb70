// StatusServer: a few pages that machines look at (metrics, health) over HTTP, for a program whose
// work is something else. GET only, no TLS, no state. Two threads answer; while both are busy and
// 16 more connections wait, the next ones are not accepted. A connection carries one request, and
// has 5 s for it.
//
// Made and ended by one thread; pages are called by the answering ones.
#pragma once

#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "core/status.h"

namespace httplib {
class Server;
}

namespace deepstack {

struct StatusReply {
  int status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
};

class StatusServer {
 public:
  using Page = std::function<StatusReply()>;

  // address: HOST:PORT, [IPv6]:PORT, or PORT of 127.0.0.1; port 0 takes any that is free. pages: by
  // their paths. kInvalid: no such address; kUnavailable: it is in use or not ours.
  static Result<std::unique_ptr<StatusServer>> open(const std::string& address,
                                                    std::map<std::string, Page> pages);
  ~StatusServer();  // waits for answers under way
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  // "http://127.0.0.1:9101", with the port that was taken.
  const std::string& url() const { return url_; }

 private:
  StatusServer();

  const std::unique_ptr<httplib::Server> server_;
  std::string url_;
  std::latch listening_{1};
  std::thread thread_;
};

}  // namespace deepstack
