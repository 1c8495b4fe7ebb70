#include "pipelines/http/status_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kThreads = 2;
constexpr size_t kMostWaiting = 16;
constexpr time_t kPatience_s = 5;

// The thread that accepts waits here when there is enough to do: the backlog of the socket is
// bounded.
class BoundedQueue final : public httplib::TaskQueue {
 public:
  BoundedQueue() {
    for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
  }

  void enqueue(std::function<void()> answer) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < kMostWaiting; });
    waiting_.push_back(std::move(answer));
    changed_.notify_all();
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  // Those that wait are answered at the end, too: each holds a socket.
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::function<void()> answer = std::move(waiting_.front());
      waiting_.pop_front();
      changed_.notify_all();
      lock.unlock();
      answer();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;  // guarded by mutex_
  bool over_ = false;                          // guarded by mutex_
  std::vector<std::thread> threads_;
};

struct Address {
  std::string host = "127.0.0.1";
  int port = 0;
};

Result<Address> parse(const std::string& text) {
  const auto wrong = [&] {
    return invalid("address is '" + printable(text) + "', must be HOST:PORT or PORT, 0..65535");
  };
  Address address;
  const size_t colon = text.rfind(':');
  const size_t port_at = colon == std::string::npos ? 0 : colon + 1;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + port_at, end, address.port);
  if (error != std::errc() || rest != end || address.port < 0 || address.port > 65535) {
    return wrong();
  }
  if (colon == std::string::npos) return address;
  address.host = text.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty()) return wrong();
  return address;
}

// A port that was just left may be taken again; one that is listened on may not (httplib's own
// options would share it).
void set_socket_options(socket_t socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

}  // namespace

StatusServer::StatusServer() : server_(std::make_unique<httplib::Server>()) {
  server_->set_socket_options(set_socket_options);
  server_->set_keep_alive_max_count(1);
  server_->set_read_timeout(kPatience_s);
  server_->set_write_timeout(kPatience_s);
  server_->set_payload_max_length(0);
  server_->new_task_queue = [this] {
    listening_.count_down();
    return new BoundedQueue;
  };
}

Result<std::unique_ptr<StatusServer>> StatusServer::open(const std::string& address,
                                                         std::map<std::string, Page> pages) {
  const Result<Address> parsed = parse(address);
  if (!parsed.ok()) return parsed.status();
  std::unique_ptr<StatusServer> opened(new StatusServer);
  for (auto& [path, page] : pages) {
    opened->server_->Get(
        path, [page = std::move(page)](const httplib::Request&, httplib::Response& response) {
          const StatusReply reply = page();
          response.status = reply.status;
          response.set_content(reply.body, reply.type);
          response.set_header("Cache-Control", "no-store");
        });
  }
  const auto& [host, wanted] = *parsed;
  const int port = wanted == 0 ? opened->server_->bind_to_any_port(host)
                   : opened->server_->bind_to_port(host, wanted) ? wanted
                                                                 : -1;
  if (port <= 0) {
    return Status(StatusCode::kUnavailable,
                  printable(address) + ": cannot listen: in use, or no address of this machine");
  }
  const bool six = host.find(':') != std::string::npos;
  opened->url_ = "http://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
  opened->thread_ = std::thread([server = opened->server_.get()] { server->listen_after_bind(); });
  opened->listening_.wait();
  return opened;
}

StatusServer::~StatusServer() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

}  // namespace deepstack
