// Site: what the routes of `deepstack serve` share, and the routes, a file a kind. Lives longer
// than the server that they are added to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/store/archive_view.h"
#include "core/time/clock.h"
#include "pipelines/serve/event_feed.h"
#include "pipelines/serve/frame_cutter.h"
#include "pipelines/serve/http_server.h"
#include "pipelines/serve/login.h"
#include "pipelines/serve/similar_search.h"
#include "pipelines/serve/thumbnail_cache.h"

namespace deepstack {

struct Site {
  static constexpr int kMostEventReaders = 8;  // each holds a connection

  std::filesystem::path folder;  // of the store
  std::unique_ptr<ArchiveView> view;
  std::unique_ptr<EventFeed> events;  // null: none were asked for
  std::unique_ptr<SimilarSearch> search;
  std::unique_ptr<Login> login;
  std::shared_ptr<const Clock> clock;
  double started_s = 0;
  std::string version;
  FrameCutter cutter;
  ThumbnailCache pictures;
  std::atomic<int> event_readers = 0;
};

// What the file of a video is; kNotFound, kCorrupt: it cannot be shown, as it is gone, no video, or
// another one than was indexed.
Result<FrameCutter::Facts> facts_of(Site& site, const ArchiveView::Video& video);

void add_page_routes(HttpServer& server, Site& site);    // the pages' files, login, health
void add_view_routes(HttpServer& server, Site& site);    // /api/...: what is in the store
void add_media_routes(HttpServer& server, Site& site);   // /media/...: pictures and videos
void add_edit_routes(HttpServer& server, Site& site);    // /api/edits/...: corrections, erasing
void add_event_routes(HttpServer& server, Site& site);   // /api/events
void add_search_routes(HttpServer& server, Site& site);  // /api/search/...: where else?
void add_system_routes(HttpServer& server, Site& site);  // /api/system

// Whether the address is served to whoever asks: it shows nothing of the store.
bool is_public(const std::string& path);

}  // namespace deepstack
