#include "pipelines/search/people.h"

#include <vector>

#include "core/printable.h"
#include "core/store/store_file.h"

namespace deepstack {

Result<People> People::read(const std::filesystem::path& store) {
  Result<StoreFile> file = StoreFile::open(store, StoreAccess::kRead, {});
  if (!file.ok()) return file.status();
  People people;
  people.file_ = file->database.file();
  Result<SqliteStatement> rows = file->database.prepare(
      file->version < kStoreVersion
          ? "SELECT number, uuid, '' FROM identities"
          : "SELECT number, uuid, name FROM identities WHERE merged_into IS NULL");
  if (!rows.ok()) return rows.status();
  while (true) {
    const Result<bool> row = rows->step();
    if (!row.ok()) return row.status();
    if (!*row) return people;
    people.by_number_[rows->integer(0)] = {rows->integer(0), std::string(rows->text(1)),
                                           std::string(rows->text(2))};
  }
}

const Person* People::find(int64_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &found->second;
}

Result<Person> People::find(const std::string& key) const {
  std::vector<const Person*> named;
  for (const auto& [number, person] : by_number_) {
    if (person.uuid == key || std::to_string(number) == key) return person;
    if (!key.empty() && person.name == key) named.push_back(&person);
  }
  if (named.size() == 1) return *named.front();
  const std::string shown = file_ + ": --identity is '" + printable(key) + "', ";
  if (named.empty()) return not_found(shown + "nobody has that UUID, number or name");
  return invalid(shown + "which is the name of " + std::to_string(named.size()) +
                 " identities; give the number or the UUID");
}

}  // namespace deepstack
