#include "core/publish/spool_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace deepstack {
namespace {

constexpr int64_t kApplication = 0x44535350;  // "DSSP"
constexpr int64_t kVersion = 1;

std::string reason(int error) { return std::generic_category().message(error); }

Status cannot_hold(const std::filesystem::path& folder, const std::string& why) {
  return {StatusCode::kUnavailable, "spool-location " + folder.string() + ": " + why};
}

// The file is made by us, so that its rights are its owner's only and a link is not followed.
Status make_file(const std::filesystem::path& folder, const std::filesystem::path& file) {
  const int fd =
      open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
  if (fd < 0) return cannot_hold(folder, "spool.sqlite cannot be written: " + reason(errno));
  struct stat found {};
  const bool regular = fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
  close(fd);
  return regular ? Status() : cannot_hold(folder, "spool.sqlite is no regular file");
}

// With what belongs to it, to a name that nobody has yet.
Result<std::string> rename_aside(const std::filesystem::path& file) {
  std::error_code error;
  std::string aside;
  for (int number = 1; aside.empty() || std::filesystem::exists(aside, error); ++number) {
    aside = file.string() + ".set-aside-" + std::to_string(number);
  }
  std::filesystem::rename(file, aside, error);
  if (error) return cannot_hold(file.parent_path(), "cannot be renamed: " + error.message());
  for (const char* part : {"-wal", "-journal"}) {
    std::error_code ignored;
    std::filesystem::rename(file.string() + part, aside + part, ignored);
  }
  return aside;
}

Status check_integrity(SqliteDatabase& database) {
  Result<SqliteStatement> check = database.prepare("PRAGMA quick_check(1)");
  if (!check.ok()) return check.status();
  const Result<bool> row = check->step();
  if (!row.ok()) return row.status();
  if (!*row || check->text(0) != "ok") return corrupt(database.file() + ": is damaged");
  return {};
}

// Whether the file is one of ours, or still empty.
Status check_kind(SqliteDatabase& database) {
  const Result<int64_t> application = database.integer("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const Result<int64_t> tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*application != kApplication && (*application != 0 || *tables != 0)) {
    return corrupt(database.file() + ": is no spool");
  }
  const Result<int64_t> version = database.integer("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*version > kVersion) {
    return invalid(database.file() + ": is a spool of version " + std::to_string(*version) +
                   ", this program knows " + std::to_string(kVersion));
  }
  return {};
}

}  // namespace

Result<SpoolStore> SpoolStore::open(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error)) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (error) return cannot_hold(folder, "is no folder that can be written: " + error.message());
  const std::filesystem::path file = folder / "spool.sqlite";
  if (Status status = make_file(folder, file); !status.ok()) return status;
  Result<SpoolStore> store = open_file(file);
  if (store.ok()) return store;
  if (store.status().code() != StatusCode::kCorrupt) {
    return cannot_hold(folder, store.status().message() + "; one sink at a time uses a folder");
  }
  Result<std::string> aside = rename_aside(file);
  if (!aside.ok()) return aside.status();
  if (Status status = make_file(folder, file); !status.ok()) return status;
  store = open_file(file);
  if (store.ok()) store->set_aside_ = *aside;
  return store;
}

Result<SpoolStore> SpoolStore::open_file(const std::filesystem::path& file) {
  Result<SqliteDatabase> database = SqliteDatabase::open(file, StoreAccess::kWrite);
  if (!database.ok()) return database.status();
  SpoolStore store;
  store.database_ = *std::move(database);
  if (Status status = store.prepare(); !status.ok()) return status;
  return store;
}

Status SpoolStore::prepare() {
  // The lock is held from the first read on, as long as the store is open.
  Status status = database_.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0");
  if (status.ok()) status = check_kind(database_);
  if (status.ok()) status = check_integrity(database_);
  if (status.ok()) {
    status = database_.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
        "PRAGMA journal_size_limit = 1048576; PRAGMA application_id = " +
        std::to_string(kApplication) + "; PRAGMA user_version = " + std::to_string(kVersion) +
        "; CREATE TABLE IF NOT EXISTS lines(number INTEGER PRIMARY KEY, json TEXT NOT NULL)");
  }
  if (!status.ok()) return status;
  Result<SqliteStatement> insert =
      database_.prepare("INSERT OR REPLACE INTO lines(number, json) VALUES(?1, ?2)");
  if (!insert.ok()) return insert.status();
  Result<SqliteStatement> remove = database_.prepare("DELETE FROM lines WHERE number = ?1");
  if (!remove.ok()) return remove.status();
  insert_ = *std::move(insert);
  remove_ = *std::move(remove);
  return {};
}

Result<std::vector<SpooledLine>> SpoolStore::load() {
  Result<SqliteStatement> select =
      database_.prepare("SELECT number, json FROM lines WHERE number > 0 ORDER BY number");
  if (!select.ok()) return select.status();
  std::vector<SpooledLine> lines;
  while (true) {
    const Result<bool> row = select->step();
    if (!row.ok()) return row.status();
    if (!*row) return lines;
    lines.push_back({static_cast<uint64_t>(select->integer(0)),
                     std::make_shared<const std::string>(select->text(1))});
  }
}

Status SpoolStore::write(const SpoolChanges& changes) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database_);
  if (!transaction.ok()) return transaction.status();
  if (changes.replace) {
    if (Status status = database_.execute("DELETE FROM lines"); !status.ok()) return status;
  }
  for (const uint64_t number : changes.gone) {
    const Status status = remove_.bind(1, static_cast<int64_t>(number)).run();
    if (!status.ok()) return status;
  }
  for (const SpooledLine& line : changes.added) {
    const Status status = insert_.bind(1, static_cast<int64_t>(line.number))
                              .bind(2, std::string_view(*line.json))
                              .run();
    if (!status.ok()) return status;
  }
  return transaction->commit();
}

}  // namespace deepstack
