// IdentityStore: the identities of a gallery in DIR/deepstack.sqlite, in one SQLite file that
// survives a process that is killed at any moment (docs/adr/005). One thread at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "core/identity/gallery_changes.h"
#include "core/store/identity_tables.h"
#include "core/store/retention.h"
#include "core/store/store_file.h"

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

  // The highest numbers that were ever given: of identities, of prototypes.
  Result<int64_t> last_number() { return tables_->last_number(); }
  Result<int64_t> last_prototype() { return tables_->last_prototype(); }

  // As of core/store/retention.h. The latter REQUIRES: opened with kWrite.
  Result<std::optional<double>> retention_s() { return stored_retention_s(*file_); }
  Result<RetentionReport> apply_retention(double ttl_s, double now_s) {
    return deepstack::apply_retention(*file_, ttl_s, now_s);
  }

  // All of it or nothing. REQUIRES: opened with kWrite.
  Status write(const GalleryChanges& changes);

 private:
  static Result<IdentityStore> open(const std::filesystem::path& folder, StoreAccess access,
                                    const std::optional<StoreModel>& model);

  std::unique_ptr<StoreFile> file_;
  std::optional<IdentityTables> tables_;  // after the file: its statements end before that does
};

}  // namespace deepstack
