#include "pipelines/search/people.h"

#include "core/printable.h"

namespace deepstack {

Result<People> People::open(const std::filesystem::path& store) {
  Result<StoreFile> file = StoreFile::open(store, StoreAccess::kRead, {});
  if (!file.ok()) return file.status();
  return People(*std::move(file));
}

const IdentityRecord* People::find(int64_t number) {
  auto entry = found_.find(number);
  if (entry == found_.end()) {
    const Result<IdentityRecord> record = find(std::to_string(number));
    // A number that is gone may still be the beginning of somebody else's UUID.
    const bool found = record.ok() && record->number == number;
    entry = found_.emplace(number, found ? std::optional(*record) : std::nullopt).first;
  }
  return entry->second ? &*entry->second : nullptr;
}

Result<IdentityRecord> People::find(const std::string& key) {
  if (!store_) return not_found("nobody is known");
  Result<IdentityRecord> record = find_identity(*store_, key);
  if (record.ok() && record->opted_out) {
    return not_found(store_->database.file() + ": '" + printable(key) + "' is not to be found");
  }
  return record;
}

}  // namespace deepstack
