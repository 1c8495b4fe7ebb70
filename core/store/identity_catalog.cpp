#include "core/store/identity_catalog.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr size_t kShortestBeginning = 4;

// Version 1 has neither names nor an archive.
std::string select_records(int64_t version, const std::string& where) {
  const bool has_archive = version >= kStoreVersion;
  const std::string tracks = "FROM tracks AS t WHERE t.identity = i.number";
  return "SELECT i.number, i.uuid, i.label, i.first_seen_s, i.last_seen_s, "
         "(SELECT count(*) FROM prototypes AS p WHERE p.identity = i.number), " +
         (has_archive ? "i.name, (SELECT count(*) " + tracks +
                            "), (SELECT count(*) FROM observations AS o WHERE o.track IN "
                            "(SELECT t.id " +
                            tracks + ")), i.opted_out "
                      : std::string("'', 0, 0, 0 ")) +
         "FROM identities AS i WHERE " + where + (has_archive ? " AND i.merged_into IS NULL" : "") +
         " ORDER BY i.last_seen_s, i.number";
}

Result<std::vector<IdentityRecord>> read_records(SqliteStatement& rows) {
  std::vector<IdentityRecord> records;
  for (;;) {
    const Result<bool> row = rows.step();
    if (!row.ok()) return row.status();
    if (!*row) return records;
    records.push_back({.number = rows.integer(0),
                       .uuid = std::string(rows.text(1)),
                       .label = std::string(rows.text(2)),
                       .name = std::string(rows.text(6)),
                       .first_seen_s = rows.real(3),
                       .last_seen_s = rows.real(4),
                       .prototypes = rows.integer(5),
                       .tracks = rows.integer(7),
                       .observations = rows.integer(8),
                       .opted_out = rows.integer(9) != 0});
  }
}

// The numbers that the key may stand for, of whom they were merged into; at most two.
Result<std::vector<int64_t>> numbers_of(StoreFile& store, const std::string& where,
                                        std::string_view text, int64_t number) {
  const std::string whom =
      store.version >= kStoreVersion ? "coalesce(merged_into, number)" : "number";
  Result<SqliteStatement> rows = store.database.prepare(
      "SELECT DISTINCT " + whom + " FROM identities WHERE " + where + " LIMIT 2");
  if (!rows.ok()) return rows.status();
  rows->bind(1, text).bind(2, number);
  std::vector<int64_t> numbers;
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return numbers;
    numbers.push_back(rows->integer(0));
  }
}

bool is_beginning_of_uuid(const std::string& key) {
  return key.size() >= kShortestBeginning && key.size() <= 36 &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Result<std::vector<IdentityRecord>> list_identities(StoreFile& store) {
  Result<SqliteStatement> rows = store.database.prepare(select_records(store.version, "1"));
  if (!rows.ok()) return rows.status();
  return read_records(*rows);
}

Result<IdentityRecord> find_identity(StoreFile& store, const std::string& key) {
  int64_t number = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), number);
  const bool is_number = read.ec == std::errc() && read.ptr == key.data() + key.size();
  // The more exact way of naming somebody wins.
  std::vector<std::string> ways{"uuid = ?1 AND ?2 = ?2"};
  if (is_number) ways.emplace_back("number = ?2 AND ?1 = ?1");
  if (store.version >= kStoreVersion && !key.empty()) {
    ways.emplace_back("name = ?1 AND merged_into IS NULL AND ?2 = ?2");
  }
  if (is_beginning_of_uuid(key)) {
    ways.emplace_back("substr(uuid, 1, length(?1)) = ?1 AND ?2 = ?2");
  }
  const std::string shown = "'" + printable(key) + "'";
  for (const std::string& way : ways) {
    const Result<std::vector<int64_t>> numbers = numbers_of(store, way, key, number);
    if (!numbers.ok()) return numbers.status();
    if (numbers->size() > 1) {
      return invalid(store.database.file() + ": " + shown + " may be identity " +
                     std::to_string((*numbers)[0]) + " or " + std::to_string((*numbers)[1]) +
                     "; give the number or the whole UUID");
    }
    if (numbers->empty()) continue;
    Result<SqliteStatement> rows =
        store.database.prepare(select_records(store.version, "i.number = ?1"));
    if (!rows.ok()) return rows.status();
    rows->bind(1, numbers->front());
    Result<std::vector<IdentityRecord>> records = read_records(*rows);
    if (!records.ok()) return records.status();
    if (!records->empty()) return records->front();
  }
  return not_found(store.database.file() + ": no identity is " + shown +
                   "; give a UUID, at least " + std::to_string(kShortestBeginning) +
                   " characters of its beginning, a number or a name");
}

Result<std::vector<TrackRecord>> tracks_of(StoreFile& store, int64_t number) {
  std::vector<TrackRecord> tracks;
  if (store.version < kStoreVersion) return tracks;
  Result<SqliteStatement> rows = store.database.prepare(
      "SELECT t.id, coalesce(nullif(t.source, ''), v.camera, ''), t.track, t.first_seen_s, "
      "t.last_seen_s, count(o.id), "
      "count(o.tokens) FROM tracks AS t LEFT JOIN videos AS v ON v.id = t.video "
      "LEFT JOIN observations AS o ON o.track = t.id "
      "WHERE t.identity = ?1 GROUP BY t.id ORDER BY t.first_seen_s, t.id");
  if (!rows.ok()) return rows.status();
  rows->bind(1, number);
  for (;;) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return tracks;
    tracks.push_back({.id = rows->integer(0),
                      .source = std::string(rows->text(1)),
                      .track = rows->integer(2),
                      .first_seen_s = rows->real(3),
                      .last_seen_s = rows->real(4),
                      .observations = rows->integer(5),
                      .key_views = rows->integer(6)});
  }
}

}  // namespace deepstack
