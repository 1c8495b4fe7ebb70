// HttpServer: httplib's server with what it lacks against strangers: deadlines for whole requests
// (Connection), a bound on connections, security headers on every answer, one check before
// anything is read of a body, and nothing thrown that ends the process.
//
// Routes are added before start(); their handlers are called by up to kMostConnections threads.
#pragma once

#include <atomic>
#include <functional>
#include <latch>
#include <optional>
#include <string>
#include <thread>

#include <httplib.h>

#include "core/status.h"
#include "pipelines/serve/refusal.h"

namespace deepstack {

class HttpServer final : private httplib::Server {
 public:
  static constexpr size_t kMostConnections = 32;

  // check: asked before a request is routed; a refusal is its answer.
  using Check = std::function<std::optional<Refusal>(const httplib::Request&)>;

  HttpServer();
  ~HttpServer() override;

  using httplib::Server::Get;
  using httplib::Server::Handler;
  using httplib::Server::Post;

  // Takes the port; 0 for any. kUnavailable: it is in use, or the address is not ours.
  Status bind(const std::string& host, int port);
  int port() const { return port_; }

  void start(Check check);
  // Ends all connections and waits for their threads. Once, from any thread but theirs.
  void stop();

  size_t connections() const { return connections_; }
  uint64_t refused_connections() const { return refused_; }
  uint64_t requests() const { return requests_; }

 private:
  bool process_and_close_socket(socket_t socket) override;
  void serve(int socket);
  bool serve_one(class Connection& connection);

  int stop_event_;
  int port_ = 0;
  std::atomic<size_t> connections_ = 0;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> requests_ = 0;
  std::latch listening_{1};
  std::thread thread_;
};

// Answers of routes.
void reply_json(httplib::Response& response, const std::string& json, int status = 200);
void reply_error(httplib::Response& response, int status, const std::string& error);
void reply_error(httplib::Response& response, const Status& status);

}  // namespace deepstack
