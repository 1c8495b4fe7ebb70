// IdentityTables: how the identities of a gallery are read from and written to the tables of a
// store. Borrows the database, which outlives it. Transactions are the caller's. One thread at a
// time.
#pragma once

#include <functional>
#include <string>

#include "core/identity/gallery_changes.h"
#include "core/store/store_file.h"

namespace deepstack {

class IdentityTables {
 public:
  // file: stays where it is.
  static Result<IdentityTables> open(StoreFile& file, StoreAccess access);

  // Every identity that was not merged into another, with its prototypes, the least recently seen
  // first. kCorrupt when one cannot be.
  Status read(const std::function<void(Identity)>& take);

  // The highest numbers that were ever given: of identities, of prototypes.
  Result<int64_t> last_number();
  Result<int64_t> last_prototype();

  // REQUIRES: opened with kWrite, and a transaction.
  Status write(const GalleryChanges& changes);

 private:
  explicit IdentityTables(StoreFile& file)
      : database_(&file.database), shape_(file.model.shape), version_(file.version) {}

  Status prepare_writing();
  Result<int64_t> last(const char* sql, const std::string& what);
  Status read_prototypes(SqliteStatement& rows, Identity& identity);
  Status write_identity(const Identity& identity);
  Status write_prototypes(const Identity& identity);

  SqliteDatabase* database_;
  FeatureShape shape_;
  int64_t version_;
  struct Statements {
    SqliteStatement identity, prototype, old_prototypes, drop_prototype, drop_identity,
        last_numbers;
  };
  Statements statements_;  // of a writer
};

}  // namespace deepstack
