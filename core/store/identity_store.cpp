#include "core/store/identity_store.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>
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

Result<std::filesystem::path> writable_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error)) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error) return folder;
  return Status(StatusCode::kUnavailable,
                folder.string() + ": cannot hold a gallery: " + error.message());
}

}  // namespace

Result<IdentityStore> IdentityStore::open(const std::filesystem::path& folder, StoreAccess access,
                                          const StoreModel& model) {
  return open(folder, access, std::optional(model));
}

Result<IdentityStore> IdentityStore::open(const std::filesystem::path& folder) {
  return open(folder, StoreAccess::kRead, std::nullopt);
}

Result<IdentityStore> IdentityStore::open(const std::filesystem::path& folder, StoreAccess access,
                                          const std::optional<StoreModel>& model) {
  IdentityStore store;
  const std::filesystem::path file = folder / "deepstack.sqlite";
  if (access == StoreAccess::kWrite) {
    if (auto made = writable_folder(folder); !made.ok()) return made.status();
    Result<StoreLock> lock = StoreLock::take(folder);
    if (!lock.ok()) return lock.status();
    store.lock_ = *std::move(lock);
  } else if (std::error_code error; !std::filesystem::exists(file, error)) {
    if (error) {
      return Status(StatusCode::kUnavailable,
                    file.string() + ": cannot be read: " + error.message());
    }
    return not_found(file.string() + ": no such file; no gallery was learned there");
  }
  Result<SqliteDatabase> database = SqliteDatabase::open(file, access);
  if (!database.ok()) return database.status();
  store.database_ = *std::move(database);
  Status status = create_or_check_schema(store.database_, access, model.value_or(StoreModel{}));
  if (!status.ok()) return status;
  const Result<StoreModel> stored = read_store_model(store.database_);
  if (!stored.ok()) return stored.status();
  if (model && *stored != *model) {
    return invalid(file.string() + ": was learned with the model " + to_string(*stored) +
                   ", this one is " + to_string(*model) + "; features of two cannot be compared");
  }
  store.shape_ = stored->shape;
  if (access == StoreAccess::kRead) return store;
  // NORMAL: docs/adr/005. A log that grew is cut back to 4 MiB; what is erased is overwritten.
  status = store.database_.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
      "PRAGMA journal_size_limit = 4194304; PRAGMA secure_delete = ON");
  if (!status.ok()) return status;
  status = store.prepare_writing();
  if (!status.ok()) return status;
  return store;
}

Status IdentityStore::prepare_writing() {
  const std::pair<SqliteStatement*, const char*> wanted[] = {
      {&statements_.identity,
       "INSERT INTO identities VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(number) DO UPDATE SET "
       "first_seen_s = excluded.first_seen_s, last_seen_s = excluded.last_seen_s"},
      // A view never changes, but it may become another identity's.
      {&statements_.prototype,
       "INSERT INTO prototypes VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO UPDATE SET "
       "identity = excluded.identity WHERE identity <> excluded.identity"},
      {&statements_.old_prototypes, "SELECT id FROM prototypes WHERE identity = ?1"},
      {&statements_.drop_prototype, "DELETE FROM prototypes WHERE id = ?1"},
      {&statements_.drop_identity, "DELETE FROM identities WHERE number = ?1"},
      {&statements_.last_number, "UPDATE meta SET last_number = ?1 WHERE last_number < ?1"},
  };
  for (const auto& [statement, sql] : wanted) {
    Result<SqliteStatement> prepared = database_.prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return {};
}

Status IdentityStore::read(const std::function<void(Identity)>& take) {
  // One transaction: a writer beside us changes nothing between the two tables.
  if (Status status = database_.execute("BEGIN"); !status.ok()) return status;
  Status status = read_identities(take);
  Status ended = database_.execute("ROLLBACK");
  return status.ok() ? ended : status;
}

Status IdentityStore::read_identities(const std::function<void(Identity)>& take) {
  Result<SqliteStatement> identities = database_.prepare(
      "SELECT number, uuid, label, first_seen_s, last_seen_s FROM identities "
      "ORDER BY last_seen_s, number");
  if (!identities.ok()) return identities.status();
  Result<SqliteStatement> views = database_.prepare(
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
                      .prototypes = {}};
    const bool sound = identity.number >= 1 && identity.number <= kLargestStoredNumber &&
                       is_uuid(identity.uuid) && identity.label.size() <= kLongestLabel_bytes &&
                       is_time(identity.first_seen_s) && is_time(identity.last_seen_s);
    if (!sound) {
      return corrupt(database_.file() + ": " + name_of(identity) + " has no sound number (1.." +
                     std::to_string(kLargestStoredNumber) + "), UUID, label or time");
    }
    if (Status status = read_prototypes(*views, identity); !status.ok()) return status;
    take(std::move(identity));
  }
}

Status IdentityStore::read_prototypes(SqliteStatement& rows, Identity& identity) {
  rows.bind(1, identity.number);
  for (;;) {
    const Result<bool> row = rows.step();
    if (!row.ok()) return row.status();
    if (!*row) return {};
    const size_t gate_bytes = static_cast<size_t>(shape_.levels) * sizeof(float);
    const size_t tokens_bytes = shape_.tokens_size() * sizeof(uint16_t);
    if (rows.blob(3).size() != gate_bytes || rows.blob(4).size() != tokens_bytes) {
      return corrupt(database_.file() + ": a view of " + name_of(identity) + " has " +
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
      return corrupt(database_.file() + ": view " + std::to_string(view.id) + " of " +
                     name_of(identity) + " has values that no view has, or is one of more than " +
                     std::to_string(kMostPrototypes));
    }
    identity.prototypes.push_back(std::move(view));
  }
}

Result<int64_t> IdentityStore::last_number() {
  const Result<int64_t> last = database_.integer("SELECT last_number FROM meta");
  if (!last.ok() || (*last >= 0 && *last <= kLargestStoredNumber)) return last;
  return corrupt(database_.file() + ": the last number given is " + std::to_string(*last) +
                 ", the limit is " + std::to_string(kLargestStoredNumber));
}

Status IdentityStore::write(const GalleryChanges& changes) {
  Result<SqliteTransaction> transaction = SqliteTransaction::begin(database_);
  if (!transaction.ok()) return transaction.status();
  Status status = statements_.last_number.bind(1, changes.last_number).run();
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
  return transaction->commit();
}

Status IdentityStore::write_identity(const Identity& identity) {
  return statements_.identity.bind(1, identity.number)
      .bind(2, identity.uuid)
      .bind(3, identity.label)
      .bind(4, identity.first_seen_s)
      .bind(5, identity.last_seen_s)
      .run();
}

Status IdentityStore::write_prototypes(const Identity& identity) {
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
