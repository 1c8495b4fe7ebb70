#include "core/store/opt_out.h"

#include <string>

#include "core/identity/uuid.h"
#include "core/store/audit_log.h"
#include "core/store/identity_catalog.h"

namespace deepstack {
namespace {

Status check_may(EditableStore& store, const IdentityRecord& record) {
  const std::string& file = store.file.database.file();
  const std::string who = "identity " + std::to_string(record.number);
  if (record.opted_out) return invalid(file + ": " + who + " has opted out already");
  if (record.prototypes == 0) {
    return invalid(file + ": no view of " + who +
                   " is kept to know him again by; erase it instead");
  }
  const Result<int64_t> there =
      store.file.database.integer("SELECT count(*) FROM identities WHERE opted_out = 1");
  if (!there.ok()) return there.status();
  if (*there < kMostOptOuts) return {};
  return {StatusCode::kExhausted, file + ": " + std::to_string(*there) +
                                      " have opted out, the limit is " +
                                      std::to_string(kMostOptOuts)};
}

// A new identity, which nobody has been told of, with the views of the old one.
Result<int64_t> make_template(EditableStore& store, const IdentityRecord& record) {
  SqliteDatabase& database = store.file.database;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  Status status = database.run("UPDATE meta SET last_number = last_number + 1").status();
  if (!status.ok()) return status;
  const Result<int64_t> number = database.integer("SELECT last_number FROM meta");
  if (!number.ok()) return number;
  // When it was seen is no part of it.
  const double now_s = now_unix_s();
  const std::string uuid = random_uuid();
  status = database
               .run(
                   "INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s, "
                   "opted_out) VALUES(?, ?, ?, ?, ?, 1)",
                   *number, std::string_view(uuid), std::string_view(record.label), now_s, now_s)
               .status();
  if (status.ok()) {
    status = database
                 .run("UPDATE prototypes SET identity = ?, seconds = ? WHERE identity = ?", *number,
                      now_s, record.number)
                 .status();
  }
  if (!status.ok()) return status;
  const Result<int64_t> told = add_audit_entry(
      database,
      {.editor = store.editor, .action = "opt out", .identity = record.number, .other = *number});
  if (!told.ok()) return told;
  status = transaction->commit();
  if (!status.ok()) return status;
  return number;
}

}  // namespace

Result<OptOutReceipt> opt_out(EditableStore& store, int64_t number) {
  const Result<IdentityRecord> record = find_identity(store.file, std::to_string(number));
  if (!record.ok()) return record.status();
  if (Status status = check_may(store, *record); !status.ok()) return status;
  const Result<int64_t> kept = make_template(store, *record);
  if (!kept.ok()) return kept.status();
  Result<ErasureReport> erased = erase_identity(store, record->number, *kept);
  if (!erased.ok()) return erased.status();
  return OptOutReceipt{*kept, *std::move(erased)};
}

Status withdraw_opt_out(EditableStore& store, int64_t number) {
  const Result<IdentityRecord> record = find_identity(store.file, std::to_string(number));
  if (!record.ok()) return record.status();
  if (!record->opted_out) {
    return not_found(store.file.database.file() + ": identity " + std::to_string(number) +
                     " is no template of somebody who opted out");
  }
  return erase_identity(store, number).status();
}

}  // namespace deepstack
