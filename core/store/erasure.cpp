#include "core/store/erasure.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/store/audit_log.h"
#include "core/store/byte_search.h"
#include "core/store/derived_files.h"

namespace deepstack {
namespace {

constexpr size_t kEvery_bytes = 512;  // of a blob one place is looked for
constexpr size_t kMostWanted = 20'000;

// The identity and whoever was merged into it.
constexpr const char* kThey =
    "(SELECT number FROM identities WHERE number = ?1 OR merged_into = ?1)";

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A UUID as the 16 bytes that it stands for.
std::vector<std::byte> binary(const std::string& uuid) {
  std::string digits;
  for (const char c : uuid) {
    if (c != '-') digits += c;
  }
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// What is looked for once it should be gone.
struct Remains {
  std::vector<std::string> uuids;
  ByteSearch bytes;

  void add_names(ByteSearch& search) const {
    for (const std::string& uuid : uuids) {
      search.add(bytes_of(uuid));
      search.add(binary(uuid));
    }
  }
};

void add_places(ByteSearch& search, std::span<const std::byte> blob) {
  for (size_t begin = 0; begin < blob.size() && search.size() < kMostWanted;
       begin += kEvery_bytes) {
    search.add(blob.subspan(begin, std::min<size_t>(32, blob.size() - begin)));
  }
}

Status add_blobs(SqliteDatabase& database, const std::string& sql, int64_t number, int64_t except,
                 int columns, ByteSearch& search) {
  Result<SqliteStatement> rows = database.prepare(sql);
  if (!rows.ok()) return rows.status();
  rows->bind(1, number).bind(2, except);
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    for (int column = 0; column < columns; ++column) add_places(search, rows->blob(column));
  }
}

Result<Remains> remains_of(SqliteDatabase& database, int64_t number, int64_t except) {
  Remains remains;
  Result<SqliteStatement> rows =
      database.prepare(std::string("SELECT uuid FROM identities WHERE number IN ") + kThey);
  if (!rows.ok()) return rows.status();
  rows->bind(1, number);
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    remains.uuids.emplace_back(rows->text(0));
  }
  remains.add_names(remains.bytes);
  const std::string of_them = std::string(" IN ") + kThey;
  Status status =
      add_blobs(database, "SELECT tokens FROM prototypes WHERE ?2 = ?2 AND identity" + of_them,
                number, except, 1, remains.bytes);
  if (status.ok()) {
    status =
        add_blobs(database,
                  "SELECT levels, crop, CASE WHEN tokens NOT IN (SELECT tokens FROM prototypes "
                  "WHERE identity = ?2) THEN tokens END FROM observations WHERE track IN "
                  "(SELECT id FROM tracks WHERE identity" +
                      of_them + ")",
                  number, except, 3, remains.bytes);
  }
  if (!status.ok()) return status;
  return remains;
}

struct Step {
  const char* sql;
  int64_t ErasureReport::*count;
};

// In this order, so that every row is counted before it would go with another. The first view is
// one that was learnt of somebody else and is of a track of theirs.
constexpr std::array<Step, 6> kSteps{{
    {"DELETE FROM edits WHERE identity IN %s OR other IN %s", &ErasureReport::edits},
    {"DELETE FROM prototypes WHERE seconds IN (SELECT seconds FROM observations WHERE track IN "
     "(SELECT id FROM tracks WHERE identity IN %s)) AND EXISTS(SELECT 1 FROM observations AS o "
     "WHERE o.seconds = prototypes.seconds AND o.tokens = prototypes.tokens AND o.track IN "
     "(SELECT id FROM tracks WHERE identity IN %s))",
     &ErasureReport::prototypes},
    {"DELETE FROM observations WHERE track IN (SELECT id FROM tracks WHERE identity IN %s)",
     &ErasureReport::observations},
    {"DELETE FROM tracks WHERE identity IN %s", &ErasureReport::tracks},
    {"DELETE FROM prototypes WHERE identity IN %s", &ErasureReport::prototypes},
    {"DELETE FROM identities WHERE number IN %s", &ErasureReport::identities},
}};

std::string filled_in(std::string sql) {
  for (size_t place = sql.find("%s"); place != std::string::npos; place = sql.find("%s")) {
    sql.replace(place, 2, kThey);
  }
  return sql;
}

Status delete_rows(EditableStore& store, int64_t number, ErasureReport& report) {
  SqliteDatabase& database = store.file.database;
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database);
  if (!transaction.ok()) return transaction.status();
  for (const Step& step : kSteps) {
    const Result<int64_t> rows = database.run(filled_in(step.sql), number);
    if (!rows.ok()) return rows.status();
    report.*step.count += *rows;
  }
  if (report.identities == 0) {
    return not_found(database.file() + ": no identity " + std::to_string(number));
  }
  const Result<int64_t> told =
      add_audit_entry(database, {.editor = store.editor,
                                 .action = "erase",
                                 .identity = number,
                                 .detail = std::to_string(report.tracks) + " tracks, " +
                                           std::to_string(report.observations) + " observations, " +
                                           std::to_string(report.prototypes) + " views"});
  if (!told.ok()) return told.status();
  return transaction->commit();
}

// Nothing, or where something of it still is.
Result<std::optional<std::filesystem::path>> search(const std::filesystem::path& folder,
                                                    const ByteSearch& wanted,
                                                    ErasureReport& report) {
  const Result<std::vector<std::filesystem::path>> files = files_below(folder);
  if (!files.ok()) return files.status();
  for (const std::filesystem::path& file : *files) {
    const Result<int64_t> place = wanted.find_in(file);
    if (!place.ok()) return place.status();
    if (*place >= 0) return std::optional(file);
    std::error_code ignored;
    report.searched_bytes += std::filesystem::file_size(file, ignored);
  }
  return std::optional<std::filesystem::path>();
}

// A program that does not overwrite what it deletes may have left copies in pages that nobody uses.
// A database that was written anew has none: what is found there still is somebody else's, too.
Result<std::optional<std::filesystem::path>> scrape(EditableStore& store, const Remains& remains,
                                                    ErasureReport& report) {
  Status status = store.file.database.execute("VACUUM");
  if (status.ok()) status = finish_erasure(store);
  if (!status.ok()) return status;
  report.searched_bytes = 0;
  Result<std::optional<std::filesystem::path>> left = search(store.folder, remains.bytes, report);
  if (!left.ok() || !*left || **left != store.file.database.file()) return left;
  report.shared = true;
  ByteSearch names;
  remains.add_names(names);
  report.searched_bytes = 0;
  return search(store.folder, names, report);
}

}  // namespace

Status finish_erasure(EditableStore& store) {
  SqliteDatabase& database = store.file.database;
  const Result<int64_t> overwrites = database.integer("PRAGMA secure_delete");
  if (!overwrites.ok()) return overwrites.status();
  if (*overwrites != 1) {
    return internal(database.file() + ": secure_delete is off, what was deleted is still there");
  }
  const Result<int64_t> busy = database.integer("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy.ok()) return busy.status();
  if (*busy == 0) return {};
  return {StatusCode::kUnavailable,
          database.file() +
              ": what was deleted is still in its log, as another program reads the store as it "
              "was before; once that has ended, finish with `deepstack gallery erase --finish`"};
}

Result<ErasureReport> erase_identity(EditableStore& store, int64_t number, int64_t except) {
  SqliteDatabase& database = store.file.database;
  const Result<Remains> remains = remains_of(database, number, except);
  if (!remains.ok()) return remains.status();
  ErasureReport report;
  Status status = delete_rows(store, number, report);
  if (!status.ok()) return status;
  report.identities = static_cast<int64_t>(remains->uuids.size());  // some went with others
  const Result<int64_t> files = drop_derived_files(store.folder);
  if (!files.ok()) return files.status();
  report.files = *files;
  const Result<int64_t> lines = blank_lines(store.folder, remains->uuids);
  if (!lines.ok()) return lines.status();
  report.lines = *lines;
  status = finish_erasure(store);
  if (!status.ok()) return status;
  Result<std::optional<std::filesystem::path>> left = search(store.folder, remains->bytes, report);
  if (left.ok() && *left && **left == database.file()) left = scrape(store, *remains, report);
  if (!left.ok()) return left.status();
  if (!*left) return report;
  return internal((*left)->string() + ": still has bytes of identity " + std::to_string(number) +
                  ", which is deleted elsewhere; remove them there");
}

}  // namespace deepstack
