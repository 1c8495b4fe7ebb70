#include "core/store/store_file.h"

#include <system_error>
#include <utility>

namespace deepstack {
namespace {

Status unavailable(std::string message) { return {StatusCode::kUnavailable, std::move(message)}; }

Status make_writable(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error)) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error) return {};
  return unavailable(folder.string() + ": cannot hold a gallery: " + error.message());
}

Status check_there(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return {};
  if (error) return unavailable(file.string() + ": cannot be read: " + error.message());
  return not_found(file.string() + ": no such file; no gallery was learned there");
}

}  // namespace

// NORMAL: docs/adr/005. A log that grew is cut back to 4 MiB; what is erased is overwritten.
Status prepare_writing(SqliteDatabase& database) {
  Status status = database.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
      "PRAGMA journal_size_limit = 4194304; PRAGMA secure_delete = ON");
  if (!status.ok()) return status;
  const Result<int64_t> erases = database.integer("PRAGMA secure_delete");
  if (!erases.ok()) return erases.status();
  if (*erases == 1) return {};
  return internal(database.file() +
                  ": this SQLite does not overwrite what is deleted "
                  "(secure_delete is " +
                  std::to_string(*erases) + ", must be 1)");
}

Result<StoreFile> StoreFile::open(const std::filesystem::path& folder, StoreAccess access,
                                  const std::optional<StoreModel>& model) {
  StoreFile store;
  const std::filesystem::path file = folder / "deepstack.sqlite";
  if (access == StoreAccess::kWrite) {
    if (Status status = make_writable(folder); !status.ok()) return status;
    Result<StoreLock> lock = StoreLock::take(folder);
    if (!lock.ok()) return lock.status();
    store.lock = *std::move(lock);
  } else if (Status status = check_there(file); !status.ok()) {
    return status;
  }
  Result<SqliteDatabase> database = SqliteDatabase::open(file, access);
  if (!database.ok()) return database.status();
  store.database = *std::move(database);
  const Result<int64_t> version =
      create_or_check_schema(store.database, access, model.value_or(StoreModel{}));
  if (!version.ok()) return version.status();
  store.version = *version;
  Result<StoreModel> stored = read_store_model(store.database, store.version);
  if (!stored.ok()) return stored.status();
  store.model = *std::move(stored);
  if (model && !comparable(store.model, *model)) {
    return invalid(file.string() + ": was learned with the model " + to_string(store.model) +
                   ", this one is " + to_string(*model) + "; features of two cannot be compared");
  }
  if (access == StoreAccess::kRead) return store;
  Status status = prepare_writing(store.database);
  if (status.ok() && model) status = complete_store_model(store.database, *model, store.model);
  if (!status.ok()) return status;
  return store;
}

}  // namespace deepstack
