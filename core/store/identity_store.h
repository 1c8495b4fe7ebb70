// IdentityStore: the identities of a gallery in DIR/deepstack.sqlite, in one SQLite file that
// survives a process that is killed at any moment (docs/adr/005). One thread at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "core/identity/gallery_changes.h"
#include "core/store/sqlite_database.h"
#include "core/store/store_lock.h"
#include "core/store/store_schema.h"

namespace deepstack {

class IdentityStore {
 public:
  // kWrite makes folder and file when there are none, and keeps others from writing; kRead changes
  // nothing and may be used beside a writer. The model must be the one of the store.
  static Result<IdentityStore> open(const std::filesystem::path& folder, StoreAccess access,
                                    const StoreModel& model);

  // For looking at, whatever the model.
  static Result<IdentityStore> open(const std::filesystem::path& folder);

  // Every identity with its prototypes, the least recently seen first. kCorrupt when one cannot be.
  Status read(const std::function<void(Identity)>& take);

  // The highest number that was ever given.
  Result<int64_t> last_number();

  // All of it or nothing. REQUIRES: opened with kWrite.
  Status write(const GalleryChanges& changes);

 private:
  static Result<IdentityStore> open(const std::filesystem::path& folder, StoreAccess access,
                                    const std::optional<StoreModel>& model);

  Status prepare_writing();
  Status read_identities(const std::function<void(Identity)>& take);
  Status read_prototypes(SqliteStatement& rows, Identity& identity);
  Status write_identity(const Identity& identity);
  Status write_prototypes(const Identity& identity);

  StoreLock lock_;  // before the database: let go after it is closed
  SqliteDatabase database_;
  FeatureShape shape_;
  struct Statements {
    SqliteStatement identity, prototype, old_prototypes, drop_prototype, drop_identity, last_number;
  };
  Statements statements_;  // of a writer; after the database: they end before it does
};

}  // namespace deepstack
