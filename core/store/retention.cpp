#include "core/store/retention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/store/audit_log.h"

namespace deepstack {
namespace {

constexpr int64_t kRowsAtOnce = 1000;  // of a transaction: whoever else writes waits for no more

// What is old, and in which order it goes. Observations go with their track, views and whom was
// merged into it with their identity.
struct Kind {
  const char* table;
  const char* old;   // ?1: seconds
  const char* time;  // by which it ages
  int64_t RetentionReport::*count;
};
constexpr std::array<Kind, 3> kKinds{{
    {"tracks", "last_seen_s < ?1", "last_seen_s", &RetentionReport::tracks},
    {"identities", "last_seen_s < ?1 AND opted_out = 0 AND merged_into IS NULL", "last_seen_s",
     &RetentionReport::identities},
    {"edits", "seconds < ?1", "seconds", &RetentionReport::edits},
}};

Result<int64_t> count(SqliteDatabase& database, const std::string& what, double before_s) {
  Result<SqliteStatement> row = database.prepare("SELECT count(*) FROM " + what);
  if (!row.ok()) return row.status();
  row->bind(1, before_s);
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  return row->integer(0);
}

Status count_all(SqliteDatabase& database, double before_s, RetentionReport& report) {
  for (const Kind& kind : kKinds) {
    const Result<int64_t> rows =
        count(database, std::string(kind.table) + " WHERE " + kind.old, before_s);
    if (!rows.ok()) return rows.status();
    report.*kind.count = *rows;
  }
  const Result<int64_t> observations =
      count(database, "observations WHERE track IN (SELECT id FROM tracks WHERE last_seen_s < ?1)",
            before_s);
  if (!observations.ok()) return observations.status();
  report.observations = *observations;
  const Result<int64_t> views = count(
      database,
      "prototypes WHERE identity IN (SELECT number FROM identities WHERE last_seen_s < ?1 AND "
      "opted_out = 0)",
      before_s);
  if (!views.ok()) return views.status();
  report.prototypes = *views;
  return {};
}

// When the first of what stays is too old.
Status find_next(SqliteDatabase& database, double ttl_s, double before_s, RetentionReport& report) {
  for (const Kind& kind : kKinds) {
    Result<SqliteStatement> row =
        database.prepare(std::string("SELECT min(") + kind.time + "), count(*) FROM " + kind.table +
                         " WHERE " + kind.time + " >= ?1" +
                         (std::string(kind.table) == "identities" ? " AND opted_out = 0" : ""));
    if (!row.ok()) return row.status();
    row->bind(1, before_s);
    const Result<bool> found = row->step();
    if (!found.ok()) return found.status();
    if (row->integer(1) == 0) continue;
    const double due_s = row->real(0) + ttl_s;
    report.next_s = report.next_s ? std::min(*report.next_s, due_s) : due_s;
  }
  return {};
}

Status remove(SqliteDatabase& database, const Kind& kind, double before_s) {
  const std::string sql = std::string("DELETE FROM ") + kind.table +
                          " WHERE rowid IN (SELECT rowid "
                          "FROM " +
                          kind.table + " WHERE " + kind.old + " LIMIT ?2)";
  for (;;) {
    const Result<int64_t> rows = database.run(sql, before_s, kRowsAtOnce);
    if (!rows.ok()) return rows.status();
    if (*rows == 0) return {};
  }
}

std::string in_words(const RetentionReport& report) {
  return std::to_string(report.identities) + " identities, " + std::to_string(report.tracks) +
         " tracks, " + std::to_string(report.observations) + " observations, " +
         std::to_string(report.edits) + " edits";
}

}  // namespace

Result<RetentionReport> due_for_removal(StoreFile& store, double ttl_s, double now_s) {
  if (!(ttl_s > 0) || !std::isfinite(ttl_s)) {
    return invalid("a retention of " + std::to_string(ttl_s) + " s is none, it must be above 0");
  }
  RetentionReport report;
  if (store.version < kStoreVersion) {
    return Status(StatusCode::kUnavailable,
                  store.database.file() + ": has schema version " + std::to_string(store.version) +
                      "; it is brought up to " + std::to_string(kStoreVersion) +
                      " when it is next written to");
  }
  Status status = count_all(store.database, now_s - ttl_s, report);
  if (status.ok()) status = find_next(store.database, ttl_s, now_s - ttl_s, report);
  if (!status.ok()) return status;
  return report;
}

Result<RetentionReport> apply_retention(StoreFile& store, double ttl_s, double now_s) {
  Result<RetentionReport> report = due_for_removal(store, ttl_s, now_s);
  if (!report.ok() || report->empty()) return report;
  for (const Kind& kind : kKinds) {
    if (Status status = remove(store.database, kind, now_s - ttl_s); !status.ok()) return status;
  }
  const Result<int64_t> told = add_audit_entry(
      store.database, {.editor = "deepstack", .action = "retention", .detail = in_words(*report)});
  if (!told.ok()) return told.status();
  // Whoever reads just now is not waited for: the next run takes it along.
  Status status = store.database.execute("PRAGMA busy_timeout = 0");
  const Result<int64_t> busy = store.database.integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (status.ok()) status = store.database.execute("PRAGMA busy_timeout = 2000");
  if (!busy.ok()) return busy.status();
  if (!status.ok()) return status;
  return report;
}

Result<std::optional<double>> stored_retention_s(StoreFile& store) {
  std::optional<double> ttl_s;
  if (store.version < kStoreVersion) return ttl_s;
  Result<SqliteStatement> row = store.database.prepare("SELECT seconds FROM retention");
  if (!row.ok()) return row.status();
  const Result<bool> found = row->step();
  if (!found.ok()) return found.status();
  if (*found) ttl_s = row->real(0);
  return ttl_s;
}

Status set_stored_retention_s(StoreFile& store, std::optional<double> ttl_s) {
  if (!ttl_s) return store.database.run("DELETE FROM retention").status();
  if (!(*ttl_s > 0) || !std::isfinite(*ttl_s)) {
    return invalid("a retention of " + std::to_string(*ttl_s) + " s is none, it must be above 0");
  }
  return store.database.run("INSERT OR REPLACE INTO retention(id, seconds) VALUES(1, ?)", *ttl_s)
      .status();
}

}  // namespace deepstack
