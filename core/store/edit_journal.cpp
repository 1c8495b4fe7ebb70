#include "core/store/edit_journal.h"

#include <array>
#include <utility>

#include "core/store/audit_log.h"
#include "core/store/sqlite_changes.h"

namespace deepstack {
namespace {

// Rows that hang on an identity are given back to it before it is taken away itself.
constexpr std::array<const char*, 3> kEdited{"prototypes", "tracks", "identities"};

constexpr size_t kMostUndo_bytes = 8 << 20;  // some 300 000 tracks

// 0: no later one touches the same identities.
Result<int64_t> edit_on_top_of(SqliteDatabase& database, int64_t edit) {
  Result<SqliteStatement> row = database.prepare(
      "SELECT coalesce(min(b.id), 0) FROM edits AS a JOIN edits AS b ON b.id > a.id AND "
      "(b.identity IN (a.identity, a.other) OR (b.other <> 0 AND b.other IN (a.identity, a.other)))"
      " WHERE a.id = ?1");
  if (!row.ok()) return row.status();
  row->bind(1, edit);
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  return row->integer(0);
}

Status no_such_edit(const EditableStore& store, int64_t edit) {
  return not_found(store.file.database.file() + ": no edit " + std::to_string(edit) +
                   " waits to be undone or confirmed");
}

struct Undo {
  PendingEdit edit;
  std::vector<std::byte> changes;
};

Result<Undo> read_edit(EditableStore& store, int64_t edit) {
  Result<SqliteStatement> row =
      store.file.database.prepare("SELECT action, identity, other, undo FROM edits WHERE id = ?1");
  if (!row.ok()) return row.status();
  row->bind(1, edit);
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  if (!*found) return no_such_edit(store, edit);
  Undo undo;
  undo.edit = {.edit = edit,
               .action = std::string(row->text(0)),
               .identity = row->integer(1),
               .other = row->integer(2)};
  const std::span<const std::byte> changes = row->blob(3);
  undo.changes.assign(changes.begin(), changes.end());
  return undo;
}

// What was seen of an identity since it was split off is of the one that it goes back into.
Status give_back_tracks(SqliteDatabase& database, const PendingEdit& edit) {
  if (edit.action != to_string(EditAction::kSplit)) return {};
  return database
      .run("UPDATE tracks SET identity = ? WHERE identity = ?", edit.identity, edit.other)
      .status();
}

Status confirm_oldest(SqliteDatabase& database) {
  return database
      .run("DELETE FROM edits WHERE id NOT IN (SELECT id FROM edits ORDER BY id DESC LIMIT ?)",
           kMostPendingEdits)
      .status();
}

}  // namespace

const char* to_string(EditAction action) {
  switch (action) {
    case EditAction::kName:
      return "name";
    case EditAction::kMerge:
      return "merge";
    case EditAction::kSplit:
      return "split";
  }
  return "";
}

Result<std::vector<PendingEdit>> pending_edits(StoreFile& store) {
  std::vector<PendingEdit> edits;
  if (store.version < kStoreVersion) return edits;
  Result<SqliteStatement> rows = store.database.prepare(
      "SELECT id, seconds, editor, action, identity, other FROM edits ORDER BY id");
  if (!rows.ok()) return rows.status();
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return edits;
    edits.push_back({.edit = rows->integer(0),
                     .seconds = rows->real(1),
                     .editor = std::string(rows->text(2)),
                     .action = std::string(rows->text(3)),
                     .identity = rows->integer(4),
                     .other = rows->integer(5)});
  }
}

Result<int64_t> make_edit(EditableStore& store, EditAction action, int64_t identity,
                          const std::function<Result<int64_t>()>& change) {
  SqliteDatabase& database = store.file.database;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  Result<SqliteChanges> changes = SqliteChanges::record(database, kEdited);
  if (!changes.ok()) return changes.status();
  const Result<int64_t> other = change();
  if (!other.ok()) return other;
  const Result<std::vector<std::byte>> undo = changes->taken();
  if (!undo.ok()) return undo.status();
  if (undo->size() > kMostUndo_bytes) {
    return Status(StatusCode::kExhausted,
                  database.file() + ": to undo this would take " + std::to_string(undo->size()) +
                      " bytes, the limit is " + std::to_string(kMostUndo_bytes));
  }
  const Result<int64_t> edit = add_audit_entry(
      database,
      {.editor = store.editor, .action = to_string(action), .identity = identity, .other = *other});
  if (!edit.ok()) return edit;
  const Result<int64_t> kept = database.run(
      "INSERT INTO edits(id, seconds, editor, action, identity, other, undo) "
      "VALUES(?, ?, ?, ?, ?, ?, ?)",
      *edit, now_unix_s(), std::string_view(store.editor), std::string_view(to_string(action)),
      identity, *other, std::span<const std::byte>(*undo));
  if (!kept.ok()) return kept;
  if (Status status = confirm_oldest(database); !status.ok()) return status;
  if (Status status = transaction->commit(); !status.ok()) return status;
  return edit;
}

Status undo_edit(EditableStore& store, int64_t edit) {
  SqliteDatabase& database = store.file.database;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  const Result<Undo> undo = read_edit(store, edit);
  if (!undo.ok()) return undo.status();
  const Result<int64_t> later = edit_on_top_of(database, edit);
  if (!later.ok()) return later.status();
  if (*later != 0) {
    return invalid(database.file() + ": edit " + std::to_string(*later) +
                   " of the same identity came after edit " + std::to_string(edit) +
                   "; undo that one first");
  }
  Status status = give_back_tracks(database, undo->edit);
  if (status.ok()) status = SqliteChanges::undo(database, undo->changes);
  if (status.ok()) status = database.run("DELETE FROM edits WHERE id = ?", edit).status();
  if (!status.ok()) return status;
  const Result<int64_t> told =
      add_audit_entry(database, {.editor = store.editor,
                                 .action = "undo",
                                 .identity = undo->edit.identity,
                                 .other = undo->edit.other,
                                 .detail = undo->edit.action + ", edit " + std::to_string(edit)});
  if (!told.ok()) return told.status();
  return transaction->commit();
}

Status confirm_edit(EditableStore& store, int64_t edit) {
  SqliteDatabase& database = store.file.database;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  const Result<int64_t> gone = database.run("DELETE FROM edits WHERE id = ?", edit);
  if (!gone.ok()) return gone.status();
  if (*gone == 0) return no_such_edit(store, edit);
  const Result<int64_t> told = add_audit_entry(
      database,
      {.editor = store.editor, .action = "confirm", .detail = "edit " + std::to_string(edit)});
  if (!told.ok()) return told.status();
  return transaction->commit();
}

}  // namespace deepstack
