// /api/events: the lines of --events as Server-Sent Events.
#include <memory>

#include "pipelines/serve/query.h"
#include "pipelines/serve/site.h"

namespace deepstack {
namespace {

using httplib::DataSink;
using httplib::Request;
using httplib::Response;

// How long a reader that went away keeps its place at most.
constexpr std::chrono::seconds kHeartbeat{10};

// A reader's place, given back when its answer ends.
class Reader {
 public:
  explicit Reader(std::atomic<int>& readers) : readers_(readers) { ++readers_; }
  ~Reader() { --readers_; }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  int count() const { return readers_; }

 private:
  std::atomic<int>& readers_;
};

std::string message(const EventFeed::Line& line) {
  std::string text;
  if (line.missed > 0) {
    text += "event: missed\ndata: " + std::to_string(line.missed) + "\n\n";
  }
  return text + "id: " + std::to_string(line.number) + "\ndata: " + line.text + "\n\n";
}

bool send(DataSink& sink, const std::string& text) { return sink.write(text.data(), text.size()); }

// Where to go on: after the last one that the browser says it has, else with what is kept.
uint64_t first_wanted(const Request& request) {
  const std::string last = request.get_header_value("Last-Event-ID");
  if (last.empty() || last.size() > 18) return 0;
  return last.find_first_not_of("0123456789") == std::string::npos ? std::stoull(last) : 0;
}

void events(Site& site, const Request& request, Response& response) {
  if (site.events == nullptr) {
    return reply_error(response, 404, "no events are followed; start with --events FILE");
  }
  const auto reader = std::make_shared<Reader>(site.event_readers);
  if (reader->count() > Site::kMostEventReaders) {
    response.set_header("Retry-After", "10");
    return reply_error(response, 503,
                       "there are " + std::to_string(Site::kMostEventReaders) +
                           " readers of events already, the limit");
  }
  response.set_header("Cache-Control", "no-store");
  response.set_chunked_content_provider(
      "text/event-stream", [&site, reader, after = first_wanted(request), begun = false](
                               size_t, DataSink& sink) mutable {
        if (!begun) {
          begun = true;
          return send(sink, "retry: 2000\n\n");
        }
        const std::optional<EventFeed::Line> line = site.events->next(after, kHeartbeat);
        if (site.events->stopped()) {
          sink.done();
          return true;
        }
        if (!line) return send(sink, ": still here\n\n");
        after = line->number;
        return send(sink, message(*line));
      });
}

}  // namespace

void add_event_routes(HttpServer& server, Site& site) {
  server.Get("/api/events", [&site](const Request& request, Response& response) {
    events(site, request, response);
  });
}

}  // namespace deepstack
