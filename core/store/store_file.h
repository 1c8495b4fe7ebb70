// StoreFile: DIR/deepstack.sqlite, opened, checked and of the right model, with the lock of who
// writes. What IdentityStore and the archive begin with. One thread at a time.
#pragma once

#include <filesystem>
#include <optional>

#include "core/store/sqlite_database.h"
#include "core/store/store_lock.h"
#include "core/store/store_schema.h"

namespace deepstack {

struct StoreFile {
  // kWrite makes folder and file when there are none, brings an older version up to this one, and
  // keeps others from writing; kRead changes nothing and may be used beside a writer. model: must
  // be the one of the store, and is that of a new one; without it any will do, for looking at.
  // kNotFound: nothing to read there. kInvalid: of another model. REQUIRES: a model to write.
  static Result<StoreFile> open(const std::filesystem::path& folder, StoreAccess access,
                                const std::optional<StoreModel>& model);

  StoreLock lock;  // before the database: let go after it is closed
  SqliteDatabase database;
  StoreModel model;     // as the store has it
  int64_t version = 0;  // of the tables: below kStoreVersion only when they are just read
};

// Of a connection that is to write: what a store wants. StoreFile::open() does it.
Status prepare_writing(SqliteDatabase& database);

}  // namespace deepstack
