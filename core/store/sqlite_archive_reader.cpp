// SqliteArchive: what it reads, filtered.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/store/sqlite_archive.h"

namespace deepstack {
namespace {

constexpr std::array kStatusWords{"queued", "running", "analysed", "done", "failed"};

template <typename T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy_n(bytes.begin(), values.size() * sizeof(T),
              std::as_writable_bytes(std::span(values)).begin());
  return values;
}

// Conditions of a statement: what is not asked for is not in it, so that an index can be used.
class Where {
 public:
  void add(bool asked, const std::string& condition) {
    if (asked) text_ += (text_.empty() ? " WHERE " : " AND ") + condition;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

bool any_time(const ArchiveFilter& filter) {
  return !(filter.from_s > std::numeric_limits<double>::lowest()) &&
         !(filter.to_s < std::numeric_limits<double>::max());
}

void add_common(Where& where, const ArchiveFilter& filter) {
  where.add(!filter.camera.empty(), "videos.camera = ?1");
  where.add(filter.video != 0, "videos.id = ?2");
  where.add(filter.done_only, "videos.status = 'done'");
}

Where of_videos(const ArchiveFilter& filter) {
  Where where;
  add_common(where, filter);
  where.add(!any_time(filter), "start_ns / 1e9 <= ?4 AND start_ns / 1e9 + duration_s >= ?3");
  return where;
}

void add_track(Where& where, const ArchiveFilter& filter) {
  add_common(where, filter);
  where.add(!filter.label.empty(), "tracks.label = ?5");
  where.add(filter.identity != 0, "tracks.identity = ?6");
  where.add(filter.track != 0, "tracks.id = ?7");
}

Where of_tracks(const ArchiveFilter& filter) {
  Where where;
  add_track(where, filter);
  where.add(!any_time(filter), "tracks.first_seen_s <= ?4 AND tracks.last_seen_s >= ?3");
  return where;
}

Where of_sightings(const ArchiveFilter& filter) {
  Where where;
  add_track(where, filter);
  where.add(!any_time(filter), "observations.seconds BETWEEN ?3 AND ?4");
  where.add(filter.key_views_only, "observations.tokens IS NOT NULL");
  return where;
}

void bind(SqliteStatement& statement, const ArchiveFilter& filter) {
  constexpr double kFar_s = 1e15;
  statement.bind(1, filter.camera)
      .bind(2, filter.video)
      .bind(3, std::max(filter.from_s, -kFar_s))
      .bind(4, std::min(filter.to_s, kFar_s))
      .bind(5, filter.label)
      .bind(6, filter.identity)
      .bind(7, filter.track);
}

// Only the numbers up to ?7 that stand in a statement can be bound; one condition names them all.
std::string numbered(const std::string& sql) {
  return sql + (sql.find(" WHERE ") == std::string::npos ? " WHERE " : " AND ") +
         "(?1 IS NOT NULL OR ?2 OR ?3 OR ?4 OR ?5 OR ?6 OR ?7)";
}

constexpr const char* kVideoColumns =
    "videos.id, camera, path, content_hash, settings_hash, start_ns, start_source, duration_s, "
    "fps, "
    "width, height, frames, status, error, resume_frame FROM videos";

Result<VideoStatus> status_of(std::string_view word, const std::string& file) {
  const auto* found = std::find(kStatusWords.begin(), kStatusWords.end(), word);
  if (found != kStatusWords.end()) {
    return static_cast<VideoStatus>(found - kStatusWords.begin());
  }
  return corrupt(file + ": a video has a status that is none of this version's");
}

Result<ArchiveVideo> read_video(const SqliteStatement& row, const std::string& file) {
  const Result<VideoStatus> status = status_of(row.text(12), file);
  if (!status.ok()) return status.status();
  return ArchiveVideo{.id = row.integer(0),
                      .camera = std::string(row.text(1)),
                      .path = std::string(row.text(2)),
                      .content_hash = std::string(row.text(3)),
                      .settings_hash = std::string(row.text(4)),
                      .start_ns = row.integer(5),
                      .start_source = std::string(row.text(6)),
                      .duration_s = row.real(7),
                      .fps = row.real(8),
                      .width = static_cast<int>(row.integer(9)),
                      .height = static_cast<int>(row.integer(10)),
                      .frames = row.integer(11),
                      .status = *status,
                      .error = std::string(row.text(13)),
                      .resume_frame = row.integer(14)};
}

Result<ArchiveTrack> read_track(const SqliteStatement& row) {
  return ArchiveTrack{.id = row.integer(0),
                      .video = row.integer(1),
                      .number = row.integer(2),
                      .identity = row.integer(3),
                      .score = static_cast<float>(row.real(4)),
                      .label = std::string(row.text(5)),
                      .first_seen_s = row.real(6),
                      .last_seen_s = row.real(7),
                      .first_pts_ns = row.integer(8),
                      .last_pts_ns = row.integer(9)};
}

// Gives each row to take(read(row)) until there are no more or it has enough.
template <typename Read, typename Take>
Status each(SqliteStatement& rows, const Read& read, const Take& take) {
  for (;;) {
    const Result<bool> row = rows.step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    auto record = read(rows);
    if (!record.ok()) return record.status();
    if (!take(*std::move(record))) return {};
  }
}

}  // namespace

const char* to_string(VideoStatus status) { return kStatusWords.at(static_cast<size_t>(status)); }

Status SqliteArchive::videos(const ArchiveFilter& filter, const Take<ArchiveVideo>& take) {
  Result<SqliteStatement> rows = file_.database.prepare(
      numbered(std::string("SELECT ") + kVideoColumns + of_videos(filter).text()) +
      " ORDER BY camera, start_ns, videos.id");
  if (!rows.ok()) return rows.status();
  bind(*rows, filter);
  return each(
      *rows, [&](const SqliteStatement& row) { return read_video(row, file_.database.file()); },
      take);
}

Status SqliteArchive::tracks(const ArchiveFilter& filter, const Take<ArchiveTrack>& take) {
  Result<SqliteStatement> rows = file_.database.prepare(
      numbered("SELECT tracks.id, tracks.video, track, identity, score, label, first_seen_s, "
               "last_seen_s, first_pts_ns, last_pts_ns FROM tracks "
               "LEFT JOIN videos ON videos.id = tracks.video" +
               of_tracks(filter).text()) +
      " ORDER BY tracks.video, track");
  if (!rows.ok()) return rows.status();
  bind(*rows, filter);
  return each(*rows, read_track, take);
}

Result<Sighting> SqliteArchive::read_sighting(const SqliteStatement& row,
                                              const ArchiveFilter& filter) const {
  const auto number = [&](int column) { return static_cast<float>(row.real(column)); };
  Sighting sighting{.observation = {.id = row.integer(0),
                                    .track = row.integer(1),
                                    .seconds = row.real(2),
                                    .pts_ns = row.integer(3),
                                    .box = {number(4), number(5), number(6), number(7)},
                                    .score = number(8),
                                    .quality = number(9),
                                    .gate = values_of<float>(row.blob(10)),
                                    .levels = values_of<uint16_t>(row.blob(11)),
                                    .tokens = values_of<uint16_t>(row.blob(12)),
                                    .crop = values_of<uint8_t>(row.blob(13))},
                    .video = row.integer(14),
                    .track_number = row.integer(15),
                    .identity = row.integer(16),
                    .label = std::string(row.text(17)),
                    .camera = std::string(row.text(18))};
  const FeatureShape& shape = file_.model.shape;
  const auto levels = static_cast<size_t>(shape.levels);
  const ArchiveObservation& read = sighting.observation;
  if (read.gate.size() == levels &&
      read.levels.size() == levels * static_cast<size_t>(shape.width) &&
      (read.tokens.size() == shape.tokens_size() || read.tokens.empty())) {
    return sighting;
  }
  return corrupt(file_.database.file() + ": observation " + std::to_string(read.id) + " has " +
                 std::to_string(read.gate.size()) + ", " + std::to_string(read.levels.size()) +
                 " and " + std::to_string(read.tokens.size()) +
                 " values in gate, levels and tokens, which is not of this model" +
                 (filter.with_tokens ? "" : " (tokens not read)"));
}

Status SqliteArchive::sightings(const ArchiveFilter& filter, const Take<Sighting>& take) {
  Result<SqliteStatement> rows = file_.database.prepare(
      numbered(std::string("SELECT observations.id, observations.track, seconds, pts_ns, x, y, "
                           "observations.width, observations.height, observations.score, quality, "
                           "gate, levels, ") +
               (filter.with_tokens ? "tokens, " : "NULL, ") +
               (filter.with_crop ? "crop, " : "NULL, ") +
               "tracks.video, tracks.track, tracks.identity, tracks.label, camera "
               "FROM observations JOIN tracks ON tracks.id = observations.track "
               "LEFT JOIN videos ON videos.id = tracks.video" +
               of_sightings(filter).text()) +
      " ORDER BY observations.id");
  if (!rows.ok()) return rows.status();
  bind(*rows, filter);
  return each(
      *rows, [&](const SqliteStatement& row) { return read_sighting(row, filter); }, take);
}

Result<ArchiveCounts> SqliteArchive::count(const ArchiveFilter& filter) {
  ArchiveCounts counts;
  const std::string tracks = "FROM tracks LEFT JOIN videos ON videos.id = tracks.video";
  const std::pair<int64_t*, std::string> wanted[] = {
      {&counts.videos, "SELECT count(*) FROM videos" + of_videos(filter).text()},
      {&counts.tracks, "SELECT count(*) " + tracks + of_tracks(filter).text()},
      {&counts.identities, "SELECT count(DISTINCT identity) " + tracks + of_tracks(filter).text()},
      {&counts.observations,
       "SELECT count(*) FROM observations JOIN tracks ON tracks.id = observations.track "
       "LEFT JOIN videos ON videos.id = tracks.video" +
           of_sightings(filter).text()},
  };
  for (const auto& [number, sql] : wanted) {
    Result<SqliteStatement> answer = file_.database.prepare(numbered(sql));
    if (!answer.ok()) return answer.status();
    bind(*answer, filter);
    const Result<bool> row = answer->step();
    if (!row.ok()) return row.status();
    *number = answer->integer(0);
  }
  return counts;
}

Result<std::optional<ArchiveVideo>> SqliteArchive::find_video(const std::string& content_hash,
                                                              const std::string& settings_hash) {
  Result<SqliteStatement> row = file_.database.prepare(
      std::string("SELECT ") + kVideoColumns + " WHERE content_hash = ?1 AND settings_hash = ?2");
  if (!row.ok()) return row.status();
  row->bind(1, content_hash).bind(2, settings_hash);
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<ArchiveVideo>();
  Result<ArchiveVideo> video = read_video(*row, file_.database.file());
  if (!video.ok()) return video.status();
  return std::optional(*std::move(video));
}

Result<std::string> SqliteArchive::resume_state(int64_t video) {
  Result<SqliteStatement> row =
      file_.database.prepare("SELECT resume_state FROM videos WHERE id = ?1");
  if (!row.ok()) return row.status();
  const Result<bool> found = row->bind(1, video).step();
  if (!found.ok()) return found.status();
  const std::span<const std::byte> bytes = *found ? row->blob(0) : std::span<const std::byte>();
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Status SqliteArchive::identities(const std::function<void(Identity)>& take) {
  if (Status status = file_.database.execute("BEGIN"); !status.ok()) return status;
  Status status = identities_->read(take);
  Status ended = file_.database.execute("ROLLBACK");
  return status.ok() ? ended : status;
}

}  // namespace deepstack
