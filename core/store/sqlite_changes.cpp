// Debian's SQLite has the session extension; its header shows it to those who ask.
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "core/store/sqlite_changes.h"

#include <sqlite3.h>

#include <utility>

namespace deepstack {
namespace {

Status failure(const std::string& file, const char* what, int code) {
  const std::string text = file + ": " + what + ": " + sqlite3_errstr(code);
  return {code == SQLITE_NOMEM ? StatusCode::kExhausted : StatusCode::kInternal, text};
}

struct Free {
  void operator()(void* memory) const { sqlite3_free(memory); }
};
using SqliteMemory = std::unique_ptr<void, Free>;

// What was changed since by somebody else stays as it is now; a row that must be put back and has
// been given a second time, or that others hang on, cannot be.
int on_conflict(void* /*unused*/, int why, sqlite3_changeset_iter* /*unused*/) {
  return why == SQLITE_CHANGESET_DATA || why == SQLITE_CHANGESET_NOTFOUND ? SQLITE_CHANGESET_OMIT
                                                                          : SQLITE_CHANGESET_ABORT;
}

}  // namespace

void SqliteChanges::Delete::operator()(sqlite3_session* session) const {
  sqlite3session_delete(session);
}

Result<SqliteChanges> SqliteChanges::record(SqliteDatabase& database,
                                            std::span<const char* const> tables) {
  sqlite3_session* session = nullptr;
  int code = sqlite3session_create(database.database_.get(), "main", &session);
  SqliteChanges changes;
  changes.session_.reset(session);
  changes.file_ = database.file();
  for (const char* table : tables) {
    if (code == SQLITE_OK) code = sqlite3session_attach(session, table);
  }
  if (code != SQLITE_OK) return failure(changes.file_, "changes cannot be recorded", code);
  return changes;
}

Result<std::vector<std::byte>> SqliteChanges::taken() {
  int size = 0;
  void* memory = nullptr;
  const int code = sqlite3session_changeset(session_.get(), &size, &memory);
  const SqliteMemory owned(memory);
  if (code != SQLITE_OK) return failure(file_, "changes cannot be taken down", code);
  const auto* begin = static_cast<const std::byte*>(memory);
  return std::vector<std::byte>(begin, begin + size);
}

Status SqliteChanges::undo(SqliteDatabase& database, std::span<const std::byte> changes) {
  int size = 0;
  void* memory = nullptr;
  int code =
      sqlite3changeset_invert(static_cast<int>(changes.size()), changes.data(), &size, &memory);
  const SqliteMemory inverted(memory);
  if (code == SQLITE_OK) {
    code = sqlite3changeset_apply(database.database_.get(), size, memory, nullptr, on_conflict,
                                  nullptr);
  }
  if (code == SQLITE_ABORT || code == SQLITE_CONSTRAINT) {
    return invalid(database.file() + ": too much has changed since to undo this");
  }
  if (code == SQLITE_CORRUPT) return corrupt(database.file() + ": has a damaged record of an edit");
  return code == SQLITE_OK ? Status() : failure(database.file(), "cannot be undone", code);
}

}  // namespace deepstack
