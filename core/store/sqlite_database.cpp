#include "core/store/sqlite_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

namespace deepstack {
namespace {

constexpr int kLongestValue_bytes = 16 << 20;
constexpr int kBusy_ms = 2000;  // another program may be looking at the file

Status failure(const std::string& file, sqlite3* database, int code) {
  const std::string text =
      file + ": " + (database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database));
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return corrupt(text + "; it is damaged or no database, and is left as it is");
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return {StatusCode::kExhausted, text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_IOERR:
      return {StatusCode::kUnavailable, text};
    default:
      return internal(text);
  }
}

// Of a file name in a URI: SQLite takes ?, # and % as its own.
std::string escaped(const std::string& file) {
  std::string uri;
  for (const char c : file) {
    if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else if (c == '%') {
      uri += "%25";
    } else {
      uri += c;
    }
  }
  return uri;
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement& SqliteStatement::bind(int parameter, int64_t value) {
  bind_error_ |= sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}
SqliteStatement& SqliteStatement::bind(int parameter, double value) {
  bind_error_ |= sqlite3_bind_double(statement_.get(), parameter, value);
  return *this;
}
SqliteStatement& SqliteStatement::bind(int parameter, std::string_view value) {
  bind_error_ |= sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(),
                                     SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}
SqliteStatement& SqliteStatement::bind(int parameter, std::span<const std::byte> value) {
  bind_error_ |=
      sqlite3_bind_blob64(statement_.get(), parameter, value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> SqliteStatement::step() {
  const int code = bind_error_ != 0 ? SQLITE_TOOBIG : sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3* database = sqlite3_db_handle(statement_.get());
  Status status;
  if (code != SQLITE_DONE) status = failure(file_, bind_error_ != 0 ? nullptr : database, code);
  reset();
  if (!status.ok()) return status;
  return false;
}

Status SqliteStatement::run() {
  const Result<bool> row = step();
  if (row.ok() && *row) reset();
  return row.ok() ? Status() : row.status();
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bind_error_ = 0;
}

int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double SqliteStatement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
std::string_view SqliteStatement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
std::span<const std::byte> SqliteStatement::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<SqliteDatabase> SqliteDatabase::open(const std::string& uri, const std::string& file,
                                            int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(
      uri.c_str(), &opened, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  SqliteDatabase database;
  database.database_.reset(opened);
  database.file_ = file;
  if (code != SQLITE_OK) return failure(file, opened, code);
  sqlite3_busy_timeout(opened, kBusy_ms);
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, kLongestValue_bytes);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // Reads the file for the first time.
  Status status = database.execute("PRAGMA cell_size_check = ON; SELECT 1 FROM sqlite_schema");
  if (!status.ok()) return status;
  return database;
}

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file, StoreAccess access) {
  const std::string uri = "file:" + escaped(file.string());
  if (access == StoreAccess::kWrite) {
    return open(uri, file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  }
  Result<SqliteDatabase> database = open(uri, file.string(), SQLITE_OPEN_READONLY);
  // A database with a write-ahead log wants two files beside it even to be read. Where none can be
  // made nobody writes either, and it can be read as it lies.
  if (!database.ok() && access == StoreAccess::kRead &&
      faccessat(AT_FDCWD, file.parent_path().c_str(), W_OK, AT_EACCESS) != 0 &&
      !std::filesystem::exists(file.string() + "-wal")) {
    return open(uri + "?immutable=1", file.string(), SQLITE_OPEN_READONLY);
  }
  return database;
}

Status SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status() : failure(file_, database_.get(), code);
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  SqliteStatement statement;
  statement.statement_.reset(prepared);
  statement.file_ = file_;
  if (code != SQLITE_OK) return failure(file_, database_.get(), code);
  return statement;
}

Result<int64_t> SqliteDatabase::integer(std::string_view sql) {
  Result<SqliteStatement> statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  const Result<bool> row = statement->step();
  if (!row.ok()) return row.status();
  if (!*row) return corrupt(file_ + ": has no answer to " + std::string(sql));
  return statement->integer(0);
}

int64_t SqliteDatabase::changed_rows() const { return sqlite3_changes64(database_.get()); }

Result<SqliteTransaction> SqliteTransaction::begin(SqliteDatabase& database) {
  if (Status status = database.execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  return SqliteTransaction(database);
}

SqliteTransaction::SqliteTransaction(SqliteTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

SqliteTransaction::~SqliteTransaction() {
  // SQLite may have rolled back on its own, when the disk was full; then there is nothing to do.
  if (database_ != nullptr && sqlite3_get_autocommit(database_->database_.get()) == 0) {
    static_cast<void>(database_->execute("ROLLBACK"));
  }
}

Status SqliteTransaction::commit() {
  Status status = database_->execute("COMMIT");
  if (status.ok()) database_ = nullptr;
  return status;
}

}  // namespace deepstack
