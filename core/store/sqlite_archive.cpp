#include "core/store/sqlite_archive.h"

#include <string>
#include <utility>

#include "core/store/audit_log.h"
#include "core/store/retention.h"

namespace deepstack {
namespace {

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

// The id of a track by its video and its number there.
constexpr const char* kTrackId = "(SELECT id FROM tracks WHERE video = ?1 AND track = ?2)";

}  // namespace

Result<std::unique_ptr<ArchiveStore>> open_archive(const std::filesystem::path& folder,
                                                   StoreAccess access,
                                                   const std::optional<StoreModel>& model) {
  Result<StoreFile> file = StoreFile::open(folder, access, model);
  if (!file.ok()) return file.status();
  if (file->version < kStoreVersion) {
    return not_found(file->database.file() + ": is of version " + std::to_string(file->version) +
                     ", which holds no archive; writing into it brings it up to version " +
                     std::to_string(kStoreVersion));
  }
  auto archive = std::make_unique<SqliteArchive>(*std::move(file));
  if (Status status = archive->prepare(access); !status.ok()) return status;
  return std::unique_ptr<ArchiveStore>(std::move(archive));
}

Status SqliteArchive::prepare(StoreAccess access) {
  Result<IdentityTables> identities = IdentityTables::open(file_, access);
  if (!identities.ok()) return identities.status();
  identities_ = *std::move(identities);
  if (access == StoreAccess::kRead) return {};
  const std::string track = kTrackId;
  const std::pair<SqliteStatement*, std::string> wanted[] = {
      {&statements_.add_video,
       "INSERT INTO videos(camera, path, content_hash, settings_hash, start_ns, start_source, "
       "duration_s, fps, width, height, frames, status, error) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
       "ON CONFLICT(content_hash, settings_hash) DO NOTHING"},
      {&statements_.old_failure, "DELETE FROM videos WHERE path = ?1 AND status = 'failed'"},
      {&statements_.video,
       "UPDATE videos SET duration_s = ?2, fps = ?3, width = ?4, height = ?5, frames = ?6, "
       "status = ?7, error = ?8, resume_frame = ?9, resume_state = ?10 WHERE id = ?1"},
      {&statements_.track,
       "INSERT INTO tracks(video, run, source, track, score, label, first_seen_s, last_seen_s, "
       "first_pts_ns, last_pts_ns) VALUES(?1, '', '', ?2, 0, ?3, ?4, ?5, ?6, ?7) "
       "ON CONFLICT(video, run, track) DO UPDATE SET label = excluded.label, "
       "last_seen_s = excluded.last_seen_s, last_pts_ns = excluded.last_pts_ns"},
      {&statements_.observation,
       "INSERT INTO observations(track, pts_ns, seconds, x, y, width, height, score, quality, "
       "gate, "
       "levels, tokens, crop) VALUES(" +
           track +
           ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
           "nullif(?13, x''), nullif(?14, x''))"},
      {&statements_.demote,
       "UPDATE observations SET tokens = NULL WHERE track = " + track + " AND pts_ns = ?3"},
      {&statements_.identify,
       "UPDATE tracks SET identity = (SELECT number FROM identities WHERE number = ?3), score = ?4 "
       "WHERE video = ?1 AND track = ?2"},
      {&statements_.done, "UPDATE videos SET status = 'done', resume_state = NULL WHERE id = ?1"},
  };
  for (const auto& [statement, sql] : wanted) {
    Result<SqliteStatement> prepared = file_.database.prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return retain();
}

Result<ArchiveVideo> SqliteArchive::add(const ArchiveVideo& video) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(file_.database);
  if (!transaction.ok()) return transaction.status();
  Status status = statements_.old_failure.bind(1, video.path).run();
  if (!status.ok()) return status;
  status = statements_.add_video.bind(1, video.camera)
               .bind(2, video.path)
               .bind(3, video.content_hash)
               .bind(4, video.settings_hash)
               .bind(5, video.start_ns)
               .bind(6, video.start_source)
               .bind(7, video.duration_s)
               .bind(8, video.fps)
               .bind(9, int64_t{video.width})
               .bind(10, int64_t{video.height})
               .bind(11, video.frames)
               .bind(12, std::string_view(to_string(video.status)))
               .bind(13, video.error)
               .run();
  if (status.ok()) status = transaction->commit();
  if (!status.ok()) return status;
  Result<std::optional<ArchiveVideo>> found = find_video(video.content_hash, video.settings_hash);
  if (!found.ok()) return found.status();
  if (!*found) return internal(file_.database.file() + ": lost " + video.path);
  return **std::move(found);
}

Status SqliteArchive::write_video(const ArchiveVideo& video, const std::string& resume_state) {
  return statements_.video.bind(1, video.id)
      .bind(2, video.duration_s)
      .bind(3, video.fps)
      .bind(4, int64_t{video.width})
      .bind(5, int64_t{video.height})
      .bind(6, video.frames)
      .bind(7, std::string_view(to_string(video.status)))
      .bind(8, video.error)
      .bind(9, video.resume_frame)
      .bind(10, std::as_bytes(std::span(resume_state)))
      .run();
}

Status SqliteArchive::write_track(int64_t video, const ArchiveTrack& track) {
  return statements_.track.bind(1, video)
      .bind(2, track.number)
      .bind(3, track.label)
      .bind(4, track.first_seen_s)
      .bind(5, track.last_seen_s)
      .bind(6, track.first_pts_ns)
      .bind(7, track.last_pts_ns)
      .run();
}

Status SqliteArchive::write_observation(int64_t video, const ArchiveObservation& observation) {
  return statements_.observation.bind(1, video)
      .bind(2, observation.track)
      .bind(3, observation.pts_ns)
      .bind(4, observation.seconds)
      .bind(5, double{observation.box.x})
      .bind(6, double{observation.box.y})
      .bind(7, double{observation.box.width})
      .bind(8, double{observation.box.height})
      .bind(9, double{observation.score})
      .bind(10, double{observation.quality})
      .bind(11, bytes_of(observation.gate))
      .bind(12, bytes_of(observation.levels))
      .bind(13, bytes_of(observation.tokens))
      .bind(14, bytes_of(observation.crop))
      .run();
}

Status SqliteArchive::commit(const ArchiveStep& step) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(file_.database);
  if (!transaction.ok()) return transaction.status();
  const int64_t video = step.video.id;
  Status status = write_video(step.video, step.resume_state);
  for (size_t i = 0; status.ok() && i < step.tracks.size(); ++i) {
    status = write_track(video, step.tracks[i]);
  }
  for (size_t i = 0; status.ok() && i < step.observations.size(); ++i) {
    status = write_observation(video, step.observations[i]);
  }
  for (size_t i = 0; status.ok() && i < step.demoted.size(); ++i) {
    const auto& [track, pts_ns] = step.demoted[i];
    status = statements_.demote.bind(1, video).bind(2, track).bind(3, pts_ns).run();
  }
  return status.ok() ? transaction->commit() : status;
}

// A recording may be older than what is known already; the gallery does not look at first
// sightings.
Status SqliteArchive::set_first_seen(int64_t video) {
  Result<SqliteStatement> update = file_.database.prepare(
      "UPDATE identities SET first_seen_s = min(first_seen_s, "
      "(SELECT min(first_seen_s) FROM tracks WHERE identity = identities.number)) "
      "WHERE number IN (SELECT identity FROM tracks WHERE video = ?1)");
  if (!update.ok()) return update.status();
  return update->bind(1, video).run();
}

Status SqliteArchive::identify(int64_t video, const ArchiveIdentities& identities) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(file_.database);
  if (!transaction.ok()) return transaction.status();
  Status status = identities_->write(identities.changes);
  for (size_t i = 0; status.ok() && i < identities.tracks.size(); ++i) {
    const ArchiveIdentities::OfTrack& track = identities.tracks[i];
    status = statements_.identify.bind(1, video)
                 .bind(2, track.number)
                 .bind(3, track.identity)
                 .bind(4, double{track.score})
                 .run();
  }
  if (status.ok()) status = leave_alone(video);
  if (status.ok()) status = set_first_seen(video);
  if (status.ok()) status = statements_.done.bind(1, video).run();
  return status.ok() ? transaction->commit() : status;
}

// What was set for the store is kept to by whoever writes to it.
Status SqliteArchive::retain() {
  const Result<std::optional<double>> ttl_s = stored_retention_s(file_);
  if (!ttl_s.ok()) return ttl_s.status();
  if (!*ttl_s) return {};
  return apply_retention(file_, **ttl_s, now_unix_s()).status();
}

// Who opted out is in the video as a track without looks and without an identity.
Status SqliteArchive::leave_alone(int64_t video) {
  constexpr std::string_view kWho = "(SELECT number FROM identities WHERE opted_out = 1)";
  Status status = file_.database
                      .run("DELETE FROM observations WHERE track IN (SELECT id FROM tracks WHERE "
                           "video = ?1 AND identity IN " + std::string(kWho) + ")",
                           video)
                      .status();
  if (!status.ok()) return status;
  return file_.database
      .run("UPDATE tracks SET identity = NULL, score = 0 WHERE video = ?1 AND identity IN " +
               std::string(kWho),
           video)
      .status();
}

Status SqliteArchive::remove_video(int64_t id) {
  Result<SqliteStatement> remove = file_.database.prepare("DELETE FROM videos WHERE id = ?1");
  if (!remove.ok()) return remove.status();
  return remove->bind(1, id).run();
}

Status SqliteArchive::checkpoint() {
  const Result<int64_t> busy = file_.database.integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy.ok()) return busy.status();
  if (*busy == 0) return {};
  return {StatusCode::kUnavailable,
          file_.database.file() +
              ": is being read by another program, which holds on to what was "
              "deleted; end that and try again"};
}

}  // namespace deepstack
