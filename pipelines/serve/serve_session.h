// ServeSession: pages over one store, from the checks before the start to the last connection.
#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "pipelines/serve/http_server.h"
#include "pipelines/serve/request_guard.h"
#include "pipelines/serve/serve_options.h"
#include "pipelines/serve/site.h"

namespace deepstack {

class ServeSession {
 public:
  // Serves from here on. kInvalid: a host beyond loopback without a token file. kNotFound,
  // kCorrupt: no store, another version of one. kUnavailable: the port is in use.
  static Result<std::unique_ptr<ServeSession>> start(const ServeOptions& options);
  ~ServeSession();

  int port() const { return server_.port(); }
  std::string url() const;  // as a browser takes it

 private:
  explicit ServeSession(const ServeOptions& options) : options_(options) {}
  Status open();

  ServeOptions options_;
  Site site_;
  std::unique_ptr<RequestGuard> guard_;
  HttpServer server_;  // last: its threads use all of the above
};

}  // namespace deepstack
