#include "pipelines/serve/http_server.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/printable.h"
#include "pipelines/serve/connection.h"
#include "pipelines/serve/request_guard.h"

namespace deepstack {
namespace {

constexpr int kMostRequestsAConnection = 1000;

// Enough threads for all connections; one more is told so at once, by the thread that accepts.
class ConnectionQueue final : public httplib::TaskQueue {
 public:
  ConnectionQueue(std::atomic<size_t>& connections, std::atomic<uint64_t>& refused)
      : connections_(connections), refused_(refused), pool_(HttpServer::kMostConnections) {}

  void enqueue(std::function<void()> serve) override {
    if (connections_ >= HttpServer::kMostConnections) {
      ++refused_;
      refusing_ = true;
      serve();
      refusing_ = false;
      return;
    }
    ++connections_;
    pool_.enqueue([this, serve = std::move(serve)] {
      serve();
      --connections_;
    });
  }
  void shutdown() override { pool_.shutdown(); }

  static thread_local bool refusing_;

 private:
  std::atomic<size_t>& connections_;
  std::atomic<uint64_t>& refused_;
  httplib::ThreadPool pool_;
};
thread_local bool ConnectionQueue::refusing_ = false;

const httplib::Headers kSecurityHeaders{
    {"Content-Security-Policy",
     "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
     "object-src 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
};

// A closed port may be taken again at once; one that is listened on may not, so no SO_REUSEPORT.
void set_socket_options(socket_t socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

void refuse_connection(int socket) {
  constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
      "Content-Length: 0\r\n\r\n";
  send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shutdown(socket, SHUT_RDWR);
  close(socket);
}

int status_of(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalid:
      return 400;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kExhausted:
      return 507;
    default:
      return 500;
  }
}

}  // namespace

HttpServer::HttpServer() : stop_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  set_socket_options(deepstack::set_socket_options);
  set_tcp_nodelay(true);
  set_default_headers(kSecurityHeaders);
  set_payload_max_length(kMostPictureBytes);
  new_task_queue = [this] {
    listening_.count_down();
    return new ConnectionQueue(connections_, refused_);
  };
  set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) {
      reply_error(response, response.status,
                  response.status == 404 ? "there is no such page" : "the request is not sound");
    }
  });
  set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
        reply_error(response, 500, "the request could not be served");
      });
}

HttpServer::~HttpServer() {
  stop();
  close(stop_event_);
}

Status HttpServer::bind(const std::string& host, int port) {
  errno = 0;
  if (port == 0) {
    port_ = bind_to_any_port(host);
  } else {
    port_ = bind_to_port(host, port) ? port : -1;
  }
  if (port_ > 0) return {};
  const std::string reason = errno == EADDRINUSE ? "the port is in use"
                             : errno == 0        ? "no such address here"
                                                 : std::strerror(errno);
  return {StatusCode::kUnavailable,
          printable(host) + ":" + std::to_string(port) + ": cannot listen: " + reason};
}

void HttpServer::start(Check check) {
  set_pre_routing_handler(
      [check = std::move(check)](const httplib::Request& request, httplib::Response& response) {
        const std::optional<Refusal> refusal = check(request);
        if (!refusal) return HandlerResponse::Unhandled;
        reply_error(response, refusal->status, refusal->error);
        if (refusal->status == 429) response.set_header("Retry-After", "60");
        if (refusal->status == 401) response.set_header("WWW-Authenticate", "Bearer");
        return HandlerResponse::Handled;
      });
  thread_ = std::thread([this] { listen_after_bind(); });
  listening_.wait();
}

void HttpServer::stop() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_event_, &one, sizeof one);
  if (!thread_.joinable()) return;
  Server::stop();
  thread_.join();
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  if (ConnectionQueue::refusing_) {
    refuse_connection(socket);
    return false;
  }
  try {
    serve(socket);
  } catch (const std::exception&) {
    // httplib throws of numbers in headers that are too large; the connection is closed by now.
    return false;
  }
  return true;
}

void HttpServer::serve(int socket) {
  Connection connection(socket, stop_event_);
  for (int count = 0; count < kMostRequestsAConnection && connection.next_request(); ++count) {
    if (!serve_one(connection)) return;
  }
}

// False: the connection is over.
bool HttpServer::serve_one(Connection& connection) {
  ++requests_;
  bool last = false;
  bool had_head = false;
  const bool served = process_request(connection, false, last, [&](httplib::Request& request) {
    had_head = true;
    // Routes cut ranges on their own: httplib's are not checked against the length. And nothing is
    // compressed, which would cost more than loopback saves.
    request.ranges.clear();
    request.headers.erase("Accept-Encoding");
    request.headers.erase("Expect");
    const bool picture = request.path == kPicturePath;
    connection.begin_body(picture ? kMostPictureBytes : kMostBodyBytes);
    if (request.method == "GET" || request.method == "HEAD") return;
    // What is left unread of a refused body must not be taken for a request.
    last = true;
    request.headers.erase("Connection");
    request.set_header("Connection", "close");
  });
  return served && had_head && !last;
}

void reply_json(httplib::Response& response, const std::string& json, int status) {
  response.status = status;
  response.set_header("Cache-Control", "no-store");
  response.set_content(json, "application/json; charset=utf-8");
}

void reply_error(httplib::Response& response, int status, const std::string& error) {
  reply_json(response,
             nlohmann::json{{"error", error}}.dump(-1, ' ', true,
                                                   nlohmann::json::error_handler_t::replace),
             status);
}

void reply_error(httplib::Response& response, const Status& status) {
  reply_error(response, status_of(status.code()), status.message());
}

}  // namespace deepstack
