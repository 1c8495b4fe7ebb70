#include "core/store/store_schema.h"

namespace deepstack {
namespace {

constexpr int64_t kApplicationId = 0x44535447;  // "DSTG"; see `man file`
constexpr int64_t kVersion = 1;

// Seconds are UNIX seconds; numbers and times are explained in docs/store-format.md.
constexpr const char* kTables = R"sql(
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
CREATE TABLE tracks(
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  source TEXT NOT NULL,
  track INTEGER NOT NULL,
  identity INTEGER,
  first_seen_s REAL NOT NULL,
  last_seen_s REAL NOT NULL,
  UNIQUE(run, track));
CREATE TABLE observations(
  id INTEGER PRIMARY KEY,
  track INTEGER NOT NULL REFERENCES tracks(id) ON DELETE CASCADE,
  seconds REAL NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
  quality REAL NOT NULL,
  crop BLOB NOT NULL);
CREATE INDEX observations_by_track ON observations(track);
)sql";

Status create(SqliteDatabase& database, const StoreModel& model) {
  // Outside of the transaction: SQLite wants it so. Until the transaction is done the file stays a
  // database of nobody's.
  if (Status status = database.execute("PRAGMA journal_mode = WAL"); !status.ok()) return status;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  Status status = database.execute(std::string(kTables) +
                                   "PRAGMA application_id = " + std::to_string(kApplicationId) +
                                   "; PRAGMA user_version = " + std::to_string(kVersion));
  if (!status.ok()) return status;
  Result<SqliteStatement> insert = database.prepare("INSERT INTO meta VALUES(1, ?, ?, ?, ?, ?, 0)");
  if (!insert.ok()) return insert.status();
  status = insert->bind(1, model.name)
               .bind(2, int64_t{model.shape.levels})
               .bind(3, int64_t{model.shape.rows})
               .bind(4, int64_t{model.shape.columns})
               .bind(5, int64_t{model.shape.width})
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
  if (version < 1 || version > kVersion) {
    return corrupt(database.file() + ": has schema version " + std::to_string(version) +
                   ", this program knows versions up to " + std::to_string(kVersion));
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

std::string to_string(const StoreModel& model) {
  const FeatureShape& shape = model.shape;
  return model.name + " (" + std::to_string(shape.levels) + " levels of " +
         std::to_string(shape.rows) + " x " + std::to_string(shape.columns) + " tokens, " +
         std::to_string(shape.width) + " wide)";
}

Status create_or_check_schema(SqliteDatabase& database, StoreAccess access,
                              const StoreModel& model_if_new) {
  const Result<int64_t> application = database.integer("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const Result<int64_t> version = database.integer("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const Result<int64_t> parts = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!parts.ok()) return parts.status();
  if (*application == 0 && *version == 0 && *parts == 0) {
    if (access == StoreAccess::kWrite) return create(database, model_if_new);
    return not_found(database.file() + ": is empty; nothing was learned into it");
  }
  if (Status status = check_ours(database, *application, *version); !status.ok()) return status;
  return check_sound(database);
}

Result<StoreModel> read_store_model(SqliteDatabase& database) {
  Result<SqliteStatement> row =
      database.prepare("SELECT model, levels, rows, columns, width FROM meta");
  if (!row.ok()) return row.status();
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  if (!*found) return corrupt(database.file() + ": says of no model; its table meta is empty");
  const auto size = [&](int column) {
    constexpr int64_t kLargest = 1 << 20;
    const int64_t value = row->integer(column);
    return value >= 1 && value <= kLargest ? static_cast<int>(value) : 0;
  };
  return StoreModel{std::string(row->text(0)), {size(1), size(2), size(3), size(4)}};
}

}  // namespace deepstack
