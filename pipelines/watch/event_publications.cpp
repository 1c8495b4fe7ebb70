#include "pipelines/watch/event_publications.h"

#include <glib.h>

#include <utility>

namespace deepstack {
namespace {

struct Remark {
  EventPublications::Say say;
  std::string uri;
  std::string text;
};

std::string text_of(const PublishNotice& notice) {
  const std::string reason = notice.reason.empty() ? "" : ": " + notice.reason;
  switch (notice.kind) {
    case PublishNotice::Kind::kState:
      return publish_state_name(notice.state) + reason;
    case PublishNotice::Kind::kDropped:
      return std::to_string(notice.lines) + " lines were dropped" + reason;
    case PublishNotice::Kind::kLeft:
      return std::to_string(notice.lines) + " lines are left" + reason;
    case PublishNotice::Kind::kSetAside:
      return notice.reason;
  }
  return "";
}

// In the main context: who says it has one thread.
void say_later(const EventPublications::Say& say, const PublishNotice& notice,
               const PublishStats& stats) {
  g_idle_add_full(
      G_PRIORITY_DEFAULT,
      [](gpointer remark) -> gboolean {
        const auto& [told, uri, text] = *static_cast<Remark*>(remark);
        told(uri, text);
        return G_SOURCE_REMOVE;
      },
      new Remark{say, stats.uri, text_of(notice)},
      [](gpointer remark) { delete static_cast<Remark*>(remark); });
}

}  // namespace

Result<std::unique_ptr<EventPublications>> EventPublications::open(const PublishOptions& options,
                                                                   Say say) {
  const size_t files = options.credentials_files.size();
  if (files > 1 && files != options.uris.size()) {
    return invalid("--publish-credentials: " + std::to_string(files) + " files for " +
                   std::to_string(options.uris.size()) + " URIs, must be one for all or one a URI");
  }
  auto all = std::make_unique<EventPublications>();
  for (size_t i = 0; i < options.uris.size(); ++i) {
    PublishSettings settings;
    settings.uri = options.uris[i];
    settings.ca_file = options.ca_file;
    if (files > 0) settings.credentials_file = options.credentials_files[files == 1 ? 0 : i];
    if (!options.spool.empty()) settings.spool_location = options.spool + "/" + std::to_string(i);
    Result<std::unique_ptr<Publication>> publication =
        Publication::open(settings, [say](const PublishNotice& notice, const PublishStats& stats) {
          say_later(say, notice, stats);
        });
    if (!publication.ok()) {
      return Status(publication.status().code(), "--publish: " + publication.status().message());
    }
    all->publications_.push_back(*std::move(publication));
  }
  for (const auto& publication : all->publications_) publication->start();
  return all;
}

void EventPublications::write(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    for (const auto& publication : publications_)
      publication->put(std::string(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void EventPublications::finish(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const auto& publication : publications_) {
    const auto rest = until - std::chrono::steady_clock::now();
    publication->drain(std::chrono::duration_cast<std::chrono::milliseconds>(rest));
    publication->stop();
  }
  while (g_main_context_iteration(nullptr, FALSE) != FALSE) {
    // What they said last.
  }
}

}  // namespace deepstack
