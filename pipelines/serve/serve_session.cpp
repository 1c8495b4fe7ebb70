#include "pipelines/serve/serve_session.h"

#include <utility>

#include "core/printable.h"
#include "pipelines/serve/token_file.h"

namespace deepstack {

Result<std::unique_ptr<ServeSession>> ServeSession::start(const ServeOptions& options) {
  std::unique_ptr<ServeSession> session(new ServeSession(options));
  if (Status status = session->open(); !status.ok()) return status;
  return session;
}

Status ServeSession::open() {
  if (Status status = options_.settings.validate(); !status.ok()) return status;
  if (!is_loopback(options_.host) && options_.token_file.empty()) {
    return invalid("--host " + printable(options_.host) +
                   ": reaches beyond this machine, which needs a --token-file");
  }
  std::string token_digest;
  if (!options_.token_file.empty()) {
    Result<std::string> digest = read_token_digest(options_.token_file);
    if (!digest.ok()) return digest.status();
    token_digest = *std::move(digest);
  }
  Result<std::unique_ptr<ArchiveView>> view = ArchiveView::open(options_.store);
  if (!view.ok()) return view.status();
  site_.view = *std::move(view);
  // Counted once now, and then when something has changed: the first page does not wait for it.
  if (Result<ArchiveView::Overview> counted = site_.view->overview(); !counted.ok()) {
    return counted.status();
  }
  site_.folder = options_.store;
  site_.search = std::make_unique<SimilarSearch>(options_.store, options_.settings);
  site_.version = options_.version;
  site_.clock = std::make_shared<SteadyClock>();
  site_.started_s = site_.clock->unix_s();
  site_.login = std::make_unique<Login>(std::move(token_digest), site_.clock);
  if (!options_.events.empty()) {
    Result<std::unique_ptr<EventFeed>> events = EventFeed::follow(options_.events);
    if (!events.ok()) return events.status();
    site_.events = *std::move(events);
  }
  if (Status status = server_.bind(options_.host, options_.port); !status.ok()) return status;
  guard_ = std::make_unique<RequestGuard>(
      RequestGuard::Options{options_.host, server_.port(), options_.names});
  add_page_routes(server_, site_);
  add_view_routes(server_, site_);
  add_media_routes(server_, site_);
  add_edit_routes(server_, site_);
  add_event_routes(server_, site_);
  add_search_routes(server_, site_);
  add_system_routes(server_, site_);
  server_.start([this](const httplib::Request& request) -> std::optional<Refusal> {
    if (std::optional<Refusal> refusal = guard_->check(request)) return refusal;
    if (is_public(request.path)) return std::nullopt;
    return site_.login->check(request);
  });
  return {};
}

ServeSession::~ServeSession() {
  // Whoever waits for events holds a thread that the server waits for.
  if (site_.events) site_.events->stop();
  server_.stop();
}

std::string ServeSession::url() const {
  const bool six = options_.host.find(':') != std::string::npos;
  return "http://" + (six ? "[" + options_.host + "]" : options_.host) + ":" +
         std::to_string(port()) + "/";
}

}  // namespace deepstack
