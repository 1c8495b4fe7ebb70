// People: the identities of a store as people know them: number, UUID and name. A copy; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/status.h"

namespace deepstack {

struct Person {
  int64_t number = 0;
  std::string uuid;
  std::string name;  // "": nobody gave one
};

class People {
 public:
  // Those that were not merged into somebody else.
  static Result<People> read(const std::filesystem::path& store);

  // Null when nobody has the number (any more).
  const Person* find(int64_t number) const;

  // By UUID, number or name. kNotFound, or kInvalid when several have the name.
  Result<Person> find(const std::string& key) const;

 private:
  std::string file_;
  std::map<int64_t, Person> by_number_;
};

}  // namespace deepstack
