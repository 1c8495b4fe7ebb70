// /api/...: what is in the store, as JSON, in windows.
#include "pipelines/serve/query.h"
#include "pipelines/serve/site.h"
#include "pipelines/serve/view_json.h"

namespace deepstack {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr int64_t kMostRows = 200;
constexpr int64_t kMostBins = 2000;
constexpr int64_t kLastOffset = 1'000'000'000;

void overview(Site& site, const Request&, Response& response) {
  const Result<ArchiveView::Overview> overview = site.view->overview();
  if (!overview.ok()) return reply_error(response, overview.status());
  json whole = to_json(*overview);
  whole["events"] = site.events != nullptr;
  whole["token"] = site.login->needs_token();
  reply_json(response, text_of(whole));
}

void timeline(Site& site, const Request& request, Response& response) {
  const Result<ArchiveView::Overview> overview = site.view->overview();
  if (!overview.ok()) return reply_error(response, overview.status());
  Query query(request);
  const ArchiveView::Filter filter = query.filter(overview->first_s, overview->last_s);
  const int64_t offset = query.integer("offset", 0, 0, kLastOffset);
  const int64_t limit = query.integer("limit", 60, 1, kMostRows);
  if (!query.ok()) return reply_error(response, 400, query.error());
  const Result<ArchiveView::Rows> rows =
      site.view->timeline(filter, static_cast<size_t>(offset), static_cast<size_t>(limit));
  if (!rows.ok()) return reply_error(response, rows.status());
  reply_json(response, text_of(to_json(*rows, *overview)));
}

void activity(Site& site, const Request& request, Response& response) {
  const Result<ArchiveView::Overview> overview = site.view->overview();
  if (!overview.ok()) return reply_error(response, overview.status());
  Query query(request);
  const ArchiveView::Filter filter = query.filter(overview->first_s, overview->last_s);
  const int64_t bins = query.integer("bins", 200, 1, kMostBins);
  if (!query.ok()) return reply_error(response, 400, query.error());
  const auto counts = site.view->activity(filter, static_cast<size_t>(bins));
  if (!counts.ok()) return reply_error(response, counts.status());
  reply_json(response,
             text_of({{"from", filter.from_s}, {"to", filter.to_s}, {"cameras", *counts}}));
}

void identity(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t number = query.id();
  if (!query.ok()) return reply_error(response, 404, query.error());
  const Result<ArchiveView::Details> details = site.view->identity(number);
  if (!details.ok()) return reply_error(response, details.status());
  reply_json(response, text_of(to_json(*details)));
}

void identity_tracks(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t number = query.id();
  const int64_t offset = query.integer("offset", 0, 0, kLastOffset);
  const int64_t limit = query.integer("limit", 60, 1, kMostRows);
  if (!query.ok()) return reply_error(response, 400, query.error());
  const auto tracks =
      site.view->tracks(number, static_cast<size_t>(offset), static_cast<size_t>(limit));
  if (!tracks.ok()) return reply_error(response, tracks.status());
  json all = json::array();
  for (const ArchiveView::Track& track : *tracks) all.push_back(to_json(track));
  reply_json(response, text_of(all));
}

void videos(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t offset = query.integer("offset", 0, 0, kLastOffset);
  const int64_t limit = query.integer("limit", 60, 1, kMostRows);
  if (!query.ok()) return reply_error(response, 400, query.error());
  const auto videos = site.view->videos(static_cast<size_t>(offset), static_cast<size_t>(limit));
  if (!videos.ok()) return reply_error(response, videos.status());
  json all = json::array();
  for (const ArchiveView::Video& video : *videos) all.push_back(to_json(video));
  reply_json(response, text_of(all));
}

void video(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t id = query.id();
  if (!query.ok()) return reply_error(response, 404, query.error());
  const Result<ArchiveView::Video> video = site.view->video(id);
  if (!video.ok()) return reply_error(response, video.status());
  json whole = to_json(*video);
  // What keeps it from being shown is said beside it, not instead of it: its tracks are there
  // still.
  const Result<FrameCutter::Facts> facts = facts_of(site, *video);
  whole["codec"] = facts.ok() ? facts->codec : "";
  whole["problem"] = facts.ok() ? "" : facts.status().message();
  whole["type"] = video_type(video->path);
  reply_json(response, text_of(whole));
}

void video_tracks(Site& site, const Request& request, Response& response) {
  Query query(request);
  const int64_t id = query.id();
  const double from_s = query.number("from", 0, -1e9, 1e9);
  const double to_s = query.number("to", 1e9, -1e9, 1e9);
  const auto most = static_cast<int64_t>(ArchiveView::kMostBoxes);
  const int64_t boxes = query.integer("boxes", most, 0, most);
  if (!query.ok()) return reply_error(response, 400, query.error());
  const auto tracks = site.view->video_tracks(id, from_s, to_s, static_cast<size_t>(boxes));
  if (!tracks.ok()) return reply_error(response, tracks.status());
  json all = json::array();
  for (const ArchiveView::VideoTrack& track : *tracks) all.push_back(to_json(track));
  reply_json(response, text_of(all));
}

}  // namespace

void add_view_routes(HttpServer& server, Site& site) {
  const auto get = [&](const std::string& path, void (*answer)(Site&, const Request&, Response&)) {
    server.Get(path, [&site, answer](const Request& request, Response& response) {
      answer(site, request, response);
    });
  };
  const std::string id = kId;
  get("/api/overview", overview);
  get("/api/timeline", timeline);
  get("/api/activity", activity);
  get("/api/identities/" + id, identity);
  get("/api/identities/" + id + "/tracks", identity_tracks);
  get("/api/videos", videos);
  get("/api/videos/" + id, video);
  get("/api/videos/" + id + "/tracks", video_tracks);
}

}  // namespace deepstack
