// ArchiveView's questions about tracks and videos.
#include <algorithm>
#include <utility>

#include "core/store/archive_view.h"
#include "core/time/media_time.h"

namespace deepstack {
namespace {

// Its best observation comes from the index by track; those of one track are few.
constexpr std::string_view kTracks =
    "SELECT t.id, coalesce(t.identity, 0), coalesce(i.name, ''), t.label,"
    " coalesce(v.camera, t.source), t.first_seen_s, t.last_seen_s, coalesce(t.video, 0),"
    " t.first_pts_ns, t.last_pts_ns, (SELECT count(*) FROM observations o WHERE o.track = t.id),"
    " coalesce((SELECT o.id FROM observations o WHERE o.track = t.id ORDER BY o.quality DESC"
    " LIMIT 1), 0) FROM tracks t LEFT JOIN videos v ON v.id = t.video"
    " LEFT JOIN identities i ON i.number = t.identity";

constexpr std::string_view kVideos =
    "SELECT id, camera, path, content_hash, status, error, start_ns, start_source, duration_s,"
    " width, height, (SELECT count(*) FROM tracks t WHERE t.video = videos.id), fps FROM videos";

ArchiveView::Track track_of(const SqliteStatement& row) {
  return {.id = row.integer(0),
          .identity = row.integer(1),
          .name = std::string(row.text(2)),
          .label = std::string(row.text(3)),
          .camera = std::string(row.text(4)),
          .first_s = row.real(5),
          .last_s = row.real(6),
          .video = row.integer(7),
          .first_pts_s = to_seconds(row.integer(8)),
          .last_pts_s = to_seconds(row.integer(9)),
          .sightings = row.integer(10),
          .picture = row.integer(11)};
}

ArchiveView::Video video_of(const SqliteStatement& row) {
  return {.id = row.integer(0),
          .camera = std::string(row.text(1)),
          .path = std::string(row.text(2)),
          .content_hash = std::string(row.text(3)),
          .status = std::string(row.text(4)),
          .error = std::string(row.text(5)),
          .start_s = to_seconds(row.integer(6)),
          .start_source = std::string(row.text(7)),
          .duration_s = row.real(8),
          .width = static_cast<int>(row.integer(9)),
          .height = static_cast<int>(row.integer(10)),
          .tracks = row.integer(11),
          .fps = row.real(12)};
}

// All rows of the statement, made by `make`.
template <typename Make>
auto all(SqliteStatement& statement, const Make& make)
    -> Result<std::vector<decltype(make(statement))>> {
  std::vector<decltype(make(statement))> values;
  for (;;) {
    const Result<bool> row = statement.step();
    if (!row.ok()) return row.status();
    if (!*row) return values;
    values.push_back(make(statement));
  }
}

int64_t to_ns(double seconds) {
  return static_cast<int64_t>(std::clamp(seconds, -1e9, 1e9) *
                              static_cast<double>(kNanosPerSecond));
}

}  // namespace

Result<std::vector<ArchiveView::Track>> ArchiveView::tracks(int64_t identity, size_t offset,
                                                            size_t limit) {
  const std::lock_guard lock(mutex_);
  Result<SqliteStatement> rows = database_.prepare(
      std::string(kTracks) +
      " WHERE t.identity = ?1 ORDER BY t.first_seen_s DESC, t.id DESC LIMIT ?2 OFFSET ?3");
  if (!rows.ok()) return rows.status();
  rows->bind(1, identity)
      .bind(2, static_cast<int64_t>(limit))
      .bind(3, static_cast<int64_t>(offset));
  return all(*rows, track_of);
}

Result<std::vector<ArchiveView::Video>> ArchiveView::videos(size_t offset, size_t limit) {
  const std::lock_guard lock(mutex_);
  Result<SqliteStatement> rows = database_.prepare(
      std::string(kVideos) + " ORDER BY start_ns DESC, id DESC LIMIT ?1 OFFSET ?2");
  if (!rows.ok()) return rows.status();
  rows->bind(1, static_cast<int64_t>(limit)).bind(2, static_cast<int64_t>(offset));
  return all(*rows, video_of);
}

Result<ArchiveView::Video> ArchiveView::video(int64_t id) {
  const std::lock_guard lock(mutex_);
  Result<SqliteStatement> rows = database_.prepare(std::string(kVideos) + " WHERE id = ?1");
  if (!rows.ok()) return rows.status();
  rows->bind(1, id);
  Result<std::vector<Video>> found = all(*rows, video_of);
  if (!found.ok()) return found.status();
  if (found->empty()) return not_found("there is no video " + std::to_string(id));
  return std::move(found->front());
}

Result<std::vector<ArchiveView::VideoTrack>> ArchiveView::video_tracks(int64_t video,
                                                                       double from_pts_s,
                                                                       double to_pts_s,
                                                                       size_t most_boxes) {
  const std::lock_guard lock(mutex_);
  Result<SqliteStatement> rows =
      database_.prepare(std::string(kTracks) +
                        " WHERE t.video = ?1 AND t.last_pts_ns >= ?2 AND t.first_pts_ns <= ?3"
                        " ORDER BY t.first_pts_ns, t.id LIMIT 2000");
  if (!rows.ok()) return rows.status();
  const int64_t from_ns = to_ns(from_pts_s);
  const int64_t upto_ns = to_ns(to_pts_s);
  rows->bind(1, video).bind(2, from_ns).bind(3, upto_ns);
  const Result<std::vector<Track>> tracks = all(*rows, track_of);
  if (!tracks.ok()) return tracks.status();
  Result<SqliteStatement> seen = database_.prepare(
      "SELECT pts_ns, x, y, width, height, id FROM observations"
      " WHERE track = ?1 AND pts_ns BETWEEN ?2 AND ?3 ORDER BY pts_ns LIMIT ?4");
  if (!seen.ok()) return seen.status();
  std::vector<VideoTrack> result;
  size_t boxes = 0;
  for (const Track& track : *tracks) {
    seen->bind(1, track.id).bind(2, from_ns).bind(3, upto_ns);
    seen->bind(4, static_cast<int64_t>(most_boxes - boxes));
    Result<std::vector<SeenBox>> found = all(*seen, [](const SqliteStatement& row) {
      return SeenBox{to_seconds(row.integer(0)),
                     {static_cast<float>(row.real(1)), static_cast<float>(row.real(2)),
                      static_cast<float>(row.real(3)), static_cast<float>(row.real(4))},
                     row.integer(5)};
    });
    if (!found.ok()) return found.status();
    boxes += found->size();
    result.push_back({track, *std::move(found)});
  }
  return result;
}

Result<ArchiveView::Picture> ArchiveView::picture(int64_t observation) {
  const std::lock_guard lock(mutex_);
  Result<SqliteStatement> rows = database_.prepare(
      "SELECT coalesce(t.video, 0), o.pts_ns, o.x, o.y, o.width, o.height, o.crop"
      " FROM observations o JOIN tracks t ON t.id = o.track WHERE o.id = ?1");
  if (!rows.ok()) return rows.status();
  const Result<bool> row = rows->bind(1, observation).step();
  if (!row.ok()) return row.status();
  if (!*row) return not_found("there is no observation " + std::to_string(observation));
  const std::span<const std::byte> crop = rows->blob(6);
  return Picture{rows->integer(0),
                 to_seconds(rows->integer(1)),
                 {static_cast<float>(rows->real(2)), static_cast<float>(rows->real(3)),
                  static_cast<float>(rows->real(4)), static_cast<float>(rows->real(5))},
                 std::string(reinterpret_cast<const char*>(crop.data()), crop.size())};
}

}  // namespace deepstack
