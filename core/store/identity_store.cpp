#include "core/store/identity_store.h"

#include <utility>

namespace deepstack {

Result<IdentityStore> IdentityStore::open(const std::filesystem::path& folder, StoreAccess access,
                                          const StoreModel& model) {
  return open(folder, access, std::optional(model));
}

Result<IdentityStore> IdentityStore::open(const std::filesystem::path& folder) {
  return open(folder, StoreAccess::kRead, std::nullopt);
}

Result<IdentityStore> IdentityStore::open(const std::filesystem::path& folder, StoreAccess access,
                                          const std::optional<StoreModel>& model) {
  Result<StoreFile> file = StoreFile::open(folder, access, model);
  if (!file.ok()) return file.status();
  IdentityStore store;
  store.file_ = std::make_unique<StoreFile>(*std::move(file));
  Result<IdentityTables> tables = IdentityTables::open(*store.file_, access);
  if (!tables.ok()) return tables.status();
  store.tables_ = *std::move(tables);
  return store;
}

Status IdentityStore::read(const std::function<void(Identity)>& take) {
  // One transaction: a writer beside us changes nothing between the two tables.
  if (Status status = file_->database.execute("BEGIN"); !status.ok()) return status;
  Status status = tables_->read(take);
  Status ended = file_->database.execute("ROLLBACK");
  return status.ok() ? ended : status;
}

Status IdentityStore::write(const GalleryChanges& changes) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(file_->database);
  if (!transaction.ok()) return transaction.status();
  Status status = tables_->write(changes);
  return status.ok() ? transaction->commit() : status;
}

}  // namespace deepstack
