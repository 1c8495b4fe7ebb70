// People: who the identities in answers are, looked up in their store when asked for. Who opted out
// is nobody. One thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/status.h"
#include "core/store/identity_catalog.h"

namespace deepstack {

class People {
 public:
  People() = default;  // nobody
  static Result<People> open(const std::filesystem::path& store);

  // Null when nobody has the number (any more); valid as long as this is.
  const IdentityRecord* find(int64_t number);

  // As find_identity().
  Result<IdentityRecord> find(const std::string& key);

 private:
  explicit People(StoreFile store) : store_(std::move(store)) {}

  std::optional<StoreFile> store_;
  std::map<int64_t, std::optional<IdentityRecord>> found_;
};

}  // namespace deepstack
