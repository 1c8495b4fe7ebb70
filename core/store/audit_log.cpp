#include "core/store/audit_log.h"

#include <chrono>

namespace deepstack {

double now_unix_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<int64_t> add_audit_entry(SqliteDatabase& database, const AuditEntry& entry) {
  // The latest is never trimmed, so that no id is given twice: an edit is known by it.
  const Result<int64_t> last = database.integer("SELECT coalesce(max(id), 0) FROM audit");
  if (!last.ok()) return last;
  const int64_t id = *last + 1;
  const Result<int64_t> added = database.run(
      "INSERT INTO audit(id, seconds, editor, action, identity, other, detail) "
      "VALUES(?, ?, ?, ?, ?, ?, ?)",
      id, now_unix_s(), std::string_view(entry.editor), std::string_view(entry.action),
      entry.identity, entry.other, std::string_view(entry.detail));
  if (!added.ok()) return added;
  const Result<int64_t> trimmed =
      database.run("DELETE FROM audit WHERE id <= ?", id - kMostAuditRows);
  if (!trimmed.ok()) return trimmed;
  return id;
}

Result<std::vector<AuditEntry>> read_audit_log(StoreFile& store, int64_t limit) {
  std::vector<AuditEntry> entries;
  if (store.version < kStoreVersion) return entries;  // an older one has none
  Result<SqliteStatement> rows = store.database.prepare(
      "SELECT id, seconds, editor, action, identity, other, detail FROM audit "
      "ORDER BY id DESC LIMIT ?1");
  if (!rows.ok()) return rows.status();
  rows->bind(1, limit);
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return entries;
    entries.push_back({.id = rows->integer(0),
                       .seconds = rows->real(1),
                       .editor = std::string(rows->text(2)),
                       .action = std::string(rows->text(3)),
                       .identity = rows->integer(4),
                       .other = rows->integer(5),
                       .detail = std::string(rows->text(6))});
  }
}

}  // namespace deepstack
