#include "core/store/store_schema.h"

namespace deepstack {
namespace {

constexpr int64_t kApplicationId = 0x44535447;  // "DSTG"; see `man file`

// Version 1. Seconds are UNIX seconds; numbers and times are explained in docs/store-format.md.
constexpr const char* kFirstTables = R"sql(
CREATE TABLE meta(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  model TEXT NOT NULL,
  levels INTEGER NOT NULL, rows INTEGER NOT NULL, columns INTEGER NOT NULL,
  width INTEGER NOT NULL,
  last_number INTEGER NOT NULL);
CREATE TABLE identities(
  number INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  first_seen_s REAL NOT NULL,
  last_seen_s REAL NOT NULL);
CREATE TABLE prototypes(
  id INTEGER PRIMARY KEY,
  identity INTEGER NOT NULL REFERENCES identities(number) ON DELETE CASCADE,
  seconds REAL NOT NULL,
  quality REAL NOT NULL,
  gate BLOB NOT NULL,
  tokens BLOB NOT NULL);
CREATE INDEX prototypes_by_identity ON prototypes(identity);
)sql";

// What version 2 adds to it: the archive. Version 1 had two tables by these names, always empty.
constexpr const char* kArchiveTables = R"sql(
ALTER TABLE meta ADD COLUMN model_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE meta ADD COLUMN preprocessing TEXT NOT NULL DEFAULT '';
ALTER TABLE meta ADD COLUMN last_prototype INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identities ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE identities ADD COLUMN merged_into INTEGER
  REFERENCES identities(number) ON DELETE CASCADE;
DROP TABLE IF EXISTS observations;
DROP TABLE IF EXISTS tracks;
CREATE TABLE videos(
  id INTEGER PRIMARY KEY,
  camera TEXT NOT NULL,
  path TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  settings_hash TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  start_source TEXT NOT NULL,
  duration_s REAL NOT NULL,
  fps REAL NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  status TEXT NOT NULL,
  error TEXT NOT NULL,
  resume_frame INTEGER NOT NULL DEFAULT 0,
  resume_state BLOB,
  UNIQUE(content_hash, settings_hash));
CREATE TABLE tracks(
  id INTEGER PRIMARY KEY,
  video INTEGER REFERENCES videos(id) ON DELETE CASCADE,
  run TEXT NOT NULL,
  source TEXT NOT NULL,
  track INTEGER NOT NULL,
  identity INTEGER REFERENCES identities(number) ON DELETE SET NULL,
  score REAL NOT NULL,
  label TEXT NOT NULL,
  first_seen_s REAL NOT NULL,
  last_seen_s REAL NOT NULL,
  first_pts_ns INTEGER NOT NULL,
  last_pts_ns INTEGER NOT NULL,
  UNIQUE(video, run, track));
CREATE INDEX tracks_by_identity ON tracks(identity);
CREATE INDEX tracks_by_time ON tracks(last_seen_s);
CREATE TABLE observations(
  id INTEGER PRIMARY KEY,
  track INTEGER NOT NULL REFERENCES tracks(id) ON DELETE CASCADE,
  seconds REAL NOT NULL,
  pts_ns INTEGER NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
  score REAL NOT NULL,
  quality REAL NOT NULL,
  gate BLOB NOT NULL,
  levels BLOB NOT NULL,
  tokens BLOB,
  crop BLOB,
  UNIQUE(track, pts_ns));
CREATE INDEX observations_by_time ON observations(seconds);
)sql";

// And what it adds for those whom a store knows: their edits, rights and who used them.
constexpr const char* kPrivacyTables = R"sql(
ALTER TABLE identities ADD COLUMN opted_out INTEGER NOT NULL DEFAULT 0;
CREATE INDEX identities_by_merge ON identities(merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE audit(
  id INTEGER PRIMARY KEY,
  seconds REAL NOT NULL,
  editor TEXT NOT NULL,
  action TEXT NOT NULL,
  identity INTEGER NOT NULL,
  other INTEGER NOT NULL,
  detail TEXT NOT NULL);
CREATE TABLE edits(
  id INTEGER PRIMARY KEY,
  seconds REAL NOT NULL,
  editor TEXT NOT NULL,
  action TEXT NOT NULL,
  identity INTEGER NOT NULL,
  other INTEGER NOT NULL,
  undo BLOB NOT NULL);
CREATE TABLE retention(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  seconds REAL NOT NULL);
)sql";

Status migrate(SqliteDatabase& database) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  for (const char* table : {"tracks", "observations"}) {
    const Result<int64_t> rows = database.integer("SELECT count(*) FROM " + std::string(table));
    if (!rows.ok()) return rows.status();
    if (*rows == 0) continue;
    return corrupt(database.file() + ": has " + std::to_string(*rows) + " rows in " + table +
                   ", which version 1 leaves empty; it is left as it is");
  }
  Status status = database.execute(
      std::string(kArchiveTables) + kPrivacyTables +
      "UPDATE meta SET last_prototype = (SELECT coalesce(max(id), 0) FROM prototypes);"
      "PRAGMA user_version = " +
      std::to_string(kStoreVersion));
  return status.ok() ? transaction->commit() : status;
}

Status create(SqliteDatabase& database, const StoreModel& model) {
  // Outside of the transaction: SQLite wants it so. Until the transaction is done the file stays a
  // database of nobody's.
  if (Status status = database.execute("PRAGMA journal_mode = WAL"); !status.ok()) return status;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  Status status = database.execute(std::string(kFirstTables) + kArchiveTables + kPrivacyTables +
                                   "PRAGMA application_id = " + std::to_string(kApplicationId) +
                                   "; PRAGMA user_version = " + std::to_string(kStoreVersion));
  if (!status.ok()) return status;
  Result<SqliteStatement> insert =
      database.prepare("INSERT INTO meta VALUES(1, ?, ?, ?, ?, ?, 0, ?, ?, 0)");
  if (!insert.ok()) return insert.status();
  status = insert->bind(1, model.name)
               .bind(2, int64_t{model.shape.levels})
               .bind(3, int64_t{model.shape.rows})
               .bind(4, int64_t{model.shape.columns})
               .bind(5, int64_t{model.shape.width})
               .bind(6, model.sha256)
               .bind(7, model.preprocessing)
               .run();
  return status.ok() ? transaction->commit() : status;
}

Status check_sound(SqliteDatabase& database) {
  Result<SqliteStatement> check = database.prepare("PRAGMA quick_check(1)");
  if (!check.ok()) return check.status();
  const Result<bool> row = check->step();
  if (!row.ok()) return row.status();
  const std::string found(*row ? check->text(0) : "no answer");
  if (found == "ok") return {};
  return corrupt(database.file() + ": is damaged (" + found + "), and is left as it is");
}

Status check_ours(SqliteDatabase& database, int64_t application, int64_t version) {
  if (application != kApplicationId) {
    return corrupt(database.file() + ": is a database of another program (application id " +
                   std::to_string(application) + ", ours is " + std::to_string(kApplicationId) +
                   ")");
  }
  if (version < 1 || version > kStoreVersion) {
    return corrupt(database.file() + ": has schema version " + std::to_string(version) +
                   ", this program knows versions up to " + std::to_string(kStoreVersion));
  }
  const Result<int64_t> programs =
      database.integer("SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')");
  if (!programs.ok()) return programs.status();
  if (*programs != 0) {
    return corrupt(database.file() + ": has " + std::to_string(*programs) +
                   " triggers or views, a store has none");
  }
  return {};
}

}  // namespace

bool comparable(const StoreModel& a, const StoreModel& b) {
  const auto agree = [](const std::string& one, const std::string& other) {
    return one.empty() || other.empty() || one == other;
  };
  return a.name == b.name && a.shape == b.shape && agree(a.sha256, b.sha256) &&
         agree(a.preprocessing, b.preprocessing);
}

std::string to_string(const StoreModel& model) {
  const FeatureShape& shape = model.shape;
  std::string text = model.name + " (" + std::to_string(shape.levels) + " levels of " +
                     std::to_string(shape.rows) + " x " + std::to_string(shape.columns) +
                     " tokens, " + std::to_string(shape.width) + " wide";
  if (!model.sha256.empty()) text += ", weights " + model.sha256.substr(0, 12);
  if (!model.preprocessing.empty()) text += ", " + model.preprocessing;
  return text + ")";
}

Result<int64_t> create_or_check_schema(SqliteDatabase& database, StoreAccess access,
                                       const StoreModel& model_if_new) {
  const Result<int64_t> application = database.integer("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const Result<int64_t> version = database.integer("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const Result<int64_t> parts = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!parts.ok()) return parts.status();
  Status status;
  if (*application == 0 && *version == 0 && *parts == 0) {
    if (access == StoreAccess::kRead) {
      return not_found(database.file() + ": is empty; nothing was learned into it");
    }
    status = create(database, model_if_new);
  } else {
    status = check_ours(database, *application, *version);
    if (status.ok()) status = check_sound(database);
    if (access == StoreAccess::kRead) return status.ok() ? version : Result<int64_t>(status);
    if (status.ok() && *version < kStoreVersion) status = migrate(database);
  }
  if (!status.ok()) return status;
  return kStoreVersion;
}

Result<StoreModel> read_store_model(SqliteDatabase& database, int64_t version) {
  const std::string key = version < 2 ? "'', ''" : "model_sha256, preprocessing";
  Result<SqliteStatement> row =
      database.prepare("SELECT model, levels, rows, columns, width, " + key + " FROM meta");
  if (!row.ok()) return row.status();
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  if (!*found) return corrupt(database.file() + ": says of no model; its table meta is empty");
  const auto size = [&](int column) {
    constexpr int64_t kLargest = 1 << 20;
    const int64_t value = row->integer(column);
    return value >= 1 && value <= kLargest ? static_cast<int>(value) : 0;
  };
  return StoreModel{std::string(row->text(0)),
                    {size(1), size(2), size(3), size(4)},
                    std::string(row->text(5)),
                    std::string(row->text(6))};
}

Status complete_store_model(SqliteDatabase& database, const StoreModel& model, StoreModel& stored) {
  const StoreModel before = stored;
  if (stored.sha256.empty()) stored.sha256 = model.sha256;
  if (stored.preprocessing.empty()) stored.preprocessing = model.preprocessing;
  if (stored == before) return {};
  Result<SqliteStatement> update =
      database.prepare("UPDATE meta SET model_sha256 = ?1, preprocessing = ?2");
  if (!update.ok()) return update.status();
  return update->bind(1, stored.sha256).bind(2, stored.preprocessing).run();
}

}  // namespace deepstack
