// SqliteChanges: what was changed in some tables while it lived, as a changeset of SQLite's session
// extension: keys, and old and new values of the columns that changed. One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/store/sqlite_database.h"

struct sqlite3_session;

namespace deepstack {

class SqliteChanges {
 public:
  // Tables with a primary key. Undoing goes by them in this order.
  static Result<SqliteChanges> record(SqliteDatabase& database,
                                      std::span<const char* const> tables);

  // So far.
  Result<std::vector<std::byte>> taken();

  // Takes changes back, but for rows that are gone or were changed again since. All or nothing;
  // kInvalid when what is left would contradict itself.
  static Status undo(SqliteDatabase& database, std::span<const std::byte> changes);

 private:
  struct Delete {
    void operator()(sqlite3_session* session) const;
  };
  std::unique_ptr<sqlite3_session, Delete> session_;
  std::string file_;
};

}  // namespace deepstack
