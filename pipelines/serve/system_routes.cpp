// /api/system: the store and this server in figures.
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <system_error>

#include "core/store/store_schema.h"
#include "pipelines/serve/site.h"
#include "pipelines/serve/view_json.h"

namespace deepstack {
namespace {

using nlohmann::json;

int64_t file_bytes(const std::filesystem::path& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(bytes);
}

// Of this process, in memory now; 0 where /proc does not say.
int64_t resident_bytes() {
  int64_t whole = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

json store_json(const Site& site) {
  const std::filesystem::path file = site.folder / "deepstack.sqlite";
  std::error_code error;
  const std::filesystem::space_info disk = std::filesystem::space(site.folder, error);
  return {{"folder", site.folder.string()},
          {"bytes", file_bytes(file)},
          {"log_bytes", file_bytes(file.string() + "-wal")},
          {"schema", kStoreVersion},
          {"disk_free_bytes", error ? 0 : static_cast<int64_t>(disk.available)}};
}

}  // namespace

void add_system_routes(HttpServer& server, Site& site) {
  server.Get("/api/system", [&](const httplib::Request&, httplib::Response& response) {
    const Result<ArchiveView::Overview> overview = site.view->overview();
    if (!overview.ok()) return reply_error(response, overview.status());
    const ThumbnailCache::Stats pictures = site.pictures.stats();
    json events;
    if (site.events) {
      events = {{"lines", site.events->last_number()},
                {"dropped", site.events->dropped_lines()},
                {"readers", site.event_readers.load()},
                {"most_readers", Site::kMostEventReaders}};
    }
    reply_json(response, text_of({{"version", site.version},
                                  {"uptime_s", std::floor(site.clock->unix_s() - site.started_s)},
                                  {"resident_bytes", resident_bytes()},
                                  {"store", store_json(site)},
                                  {"overview", to_json(*overview)},
                                  {"connections", server.connections()},
                                  {"most_connections", HttpServer::kMostConnections},
                                  {"refused_connections", server.refused_connections()},
                                  {"requests", server.requests()},
                                  {"pictures",
                                   {{"entries", pictures.entries},
                                    {"bytes", pictures.bytes},
                                    {"hits", pictures.hits},
                                    {"misses", pictures.misses},
                                    {"dropped", pictures.dropped}}},
                                  {"events", events}}));
  });
}

}  // namespace deepstack
