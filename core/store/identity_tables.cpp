#include "core/store/identity_tables.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace deepstack {
namespace {

constexpr size_t kLongestLabel_bytes = 1024;
constexpr size_t kMostPrototypes = 64;  // of one identity; this program keeps six
// Half of what there are: whoever starts from here does not come to the end of them.
constexpr int64_t kLargestStoredNumber = kLargestNumber / 2;

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <typename T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::copy_n(bytes.begin(), values.size() * sizeof(T),
              std::as_writable_bytes(std::span(values)).begin());
  return values;
}

bool is_uuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !digit) return false;
  }
  return true;
}

// Values of a token of length 1 are in -1..1; half of 1 and a little is 0x3C01.
bool are_unit(const std::vector<uint16_t>& tokens) {
  return std::all_of(tokens.begin(), tokens.end(),
                     [](uint16_t half) { return (half & 0x7FFFU) <= 0x3C01U; });
}

// A mean that should be 1 may round to a little more.
bool are_shares(const std::vector<float>& gate) {
  return std::all_of(gate.begin(), gate.end(),
                     [](float share) { return share >= 0 && share <= 1.001F; });
}

bool is_time(double seconds) { return std::isfinite(seconds) && std::abs(seconds) < 1e12; }

std::string name_of(const Identity& identity) {
  return "identity " + std::to_string(identity.number);
}

}  // namespace

Result<IdentityTables> IdentityTables::open(StoreFile& file, StoreAccess access) {
  IdentityTables tables(file);
  if (access == StoreAccess::kRead) return tables;
  if (Status status = tables.prepare_writing(); !status.ok()) return status;
  return tables;
}

Status IdentityTables::prepare_writing() {
  const std::pair<SqliteStatement*, const char*> wanted[] = {
      {&statements_.identity,
       "INSERT INTO identities(number, uuid, label, first_seen_s, last_seen_s) "
       "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(number) DO UPDATE SET "
       "first_seen_s = min(first_seen_s, excluded.first_seen_s), "
       "last_seen_s = max(last_seen_s, excluded.last_seen_s)"},
      // A view never changes, but it may become another identity's.
      {&statements_.prototype,
       "INSERT INTO prototypes VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO UPDATE SET "
       "identity = excluded.identity WHERE identity <> excluded.identity"},
      {&statements_.old_prototypes, "SELECT id FROM prototypes WHERE identity = ?1"},
      {&statements_.drop_prototype, "DELETE FROM prototypes WHERE id = ?1"},
      {&statements_.drop_identity, "DELETE FROM identities WHERE number = ?1"},
      {&statements_.last_numbers,
       "UPDATE meta SET last_number = max(last_number, ?1), "
       "last_prototype = max(last_prototype, ?2) WHERE last_number < ?1 OR last_prototype < ?2"},
  };
  for (const auto& [statement, sql] : wanted) {
    Result<SqliteStatement> prepared = database_->prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return {};
}

Status IdentityTables::read(const std::function<void(Identity)>& take) {
  Result<SqliteStatement> identities = database_->prepare(
      std::string("SELECT number, uuid, label, first_seen_s, last_seen_s, ") +
      (version_ < 2 ? "0 FROM identities "
                    : "opted_out FROM identities WHERE merged_into IS NULL ") + "ORDER BY last_seen_s, number");
  if (!identities.ok()) return identities.status();
  Result<SqliteStatement> views = database_->prepare(
      "SELECT id, seconds, quality, gate, tokens FROM prototypes WHERE identity = ?1 "
      "ORDER BY seconds, id");
  if (!views.ok()) return views.status();
  for (;;) {
    const Result<bool> row = identities->step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    Identity identity{.uuid = std::string(identities->text(1)),
                      .number = identities->integer(0),
                      .label = std::string(identities->text(2)),
                      .first_seen_s = identities->real(3),
                      .last_seen_s = identities->real(4),
                      .prototypes = {},
                      .opted_out = identities->integer(5) != 0};
    const bool sound = identity.number >= 1 && identity.number <= kLargestStoredNumber &&
                       is_uuid(identity.uuid) && identity.label.size() <= kLongestLabel_bytes &&
                       is_time(identity.first_seen_s) && is_time(identity.last_seen_s);
    if (!sound) {
      return corrupt(database_->file() + ": " + name_of(identity) + " has no sound number (1.." +
                     std::to_string(kLargestStoredNumber) + "), UUID, label or time");
    }
    if (Status status = read_prototypes(*views, identity); !status.ok()) return status;
    take(std::move(identity));
  }
}

Status IdentityTables::read_prototypes(SqliteStatement& rows, Identity& identity) {
  rows.bind(1, identity.number);
  for (;;) {
    const Result<bool> row = rows.step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    const size_t gate_bytes = static_cast<size_t>(shape_.levels) * sizeof(float);
    const size_t tokens_bytes = shape_.tokens_size() * sizeof(uint16_t);
    if (rows.blob(3).size() != gate_bytes || rows.blob(4).size() != tokens_bytes) {
      return corrupt(database_->file() + ": a view of " + name_of(identity) + " has " +
                     std::to_string(rows.blob(3).size()) + " + " +
                     std::to_string(rows.blob(4).size()) + " bytes, must be " +
                     std::to_string(gate_bytes) + " + " + std::to_string(tokens_bytes));
    }
    Prototype view{.id = rows.integer(0),
                   .tokens = values_of<uint16_t>(rows.blob(4)),
                   .gate = values_of<float>(rows.blob(3)),
                   .seconds = rows.real(1),
                   .quality = static_cast<float>(rows.real(2))};
    const bool sound = view.id >= 1 && view.id <= kLargestStoredNumber && is_time(view.seconds) &&
                       view.quality >= 0 && view.quality <= 1 && are_unit(view.tokens) &&
                       are_shares(view.gate) && identity.prototypes.size() < kMostPrototypes;
    if (!sound) {
      return corrupt(database_->file() + ": view " + std::to_string(view.id) + " of " +
                     name_of(identity) + " has values that no view has, or is one of more than " +
                     std::to_string(kMostPrototypes));
    }
    identity.prototypes.push_back(std::move(view));
  }
}

Result<int64_t> IdentityTables::last_number() {
  return last("SELECT last_number FROM meta", "number");
}

Result<int64_t> IdentityTables::last_prototype() {
  return version_ < 2 ? last("SELECT coalesce(max(id), 0) FROM prototypes", "view")
                      : last("SELECT last_prototype FROM meta", "view");
}

Result<int64_t> IdentityTables::last(const char* sql, const std::string& what) {
  const Result<int64_t> last = database_->integer(sql);
  if (!last.ok() || (*last >= 0 && *last <= kLargestStoredNumber)) return last;
  return corrupt(database_->file() + ": the last " + what + " given is " + std::to_string(*last) +
                 ", the limit is " + std::to_string(kLargestStoredNumber));
}

Status IdentityTables::write(const GalleryChanges& changes) {
  Status status =
      statements_.last_numbers.bind(1, changes.last_number).bind(2, changes.last_prototype).run();
  if (!status.ok()) return status;
  for (const GalleryChanges::Change& change : changes.changed) {
    status = write_identity(change.identity);
    if (status.ok() && change.kind != GalleryChanges::Kind::kSeen)
      status = write_prototypes(change.identity);
    if (!status.ok()) return status;
  }
  for (const int64_t number : changes.removed) {
    status = statements_.drop_identity.bind(1, number).run();
    if (!status.ok()) return status;
  }
  return {};
}

Status IdentityTables::write_identity(const Identity& identity) {
  return statements_.identity.bind(1, identity.number)
      .bind(2, identity.uuid)
      .bind(3, identity.label)
      .bind(4, identity.first_seen_s)
      .bind(5, identity.last_seen_s)
      .run();
}

Status IdentityTables::write_prototypes(const Identity& identity) {
  std::set<int64_t> old;
  statements_.old_prototypes.bind(1, identity.number);
  for (;;) {
    const Result<bool> row = statements_.old_prototypes.step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    old.insert(statements_.old_prototypes.integer(0));
  }
  for (const Prototype& kept : identity.prototypes) {
    if (old.erase(kept.id) != 0) continue;
    Status status = statements_.prototype.bind(1, kept.id)
                        .bind(2, identity.number)
                        .bind(3, kept.seconds)
                        .bind(4, double{kept.quality})
                        .bind(5, bytes_of(kept.gate))
                        .bind(6, bytes_of(kept.tokens))
                        .run();
    if (!status.ok()) return status;
  }
  for (const int64_t id : old) {
    Status status = statements_.drop_prototype.bind(1, id).run();
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace deepstack
