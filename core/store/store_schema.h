// The tables of a store: DIR/deepstack.sqlite, version 1. docs/store-format.md says what is in
// them.
#pragma once

#include <string>

#include "core/identity/feature.h"
#include "core/status.h"
#include "core/store/sqlite_database.h"

namespace deepstack {

// Features of one model cannot be compared with those of another.
struct StoreModel {
  std::string name;
  FeatureShape shape;

  bool operator==(const StoreModel&) const = default;
};

// What to read as, e.g., "people-tiny 0.1.0 (3 levels of 4 x 2 tokens, 64 wide)".
std::string to_string(const StoreModel& model);

// Makes the tables in a database that has none. kCorrupt: the database is somebody else's, is of a
// later version, or is damaged.
Status create_or_check_schema(SqliteDatabase& database, StoreAccess access,
                              const StoreModel& model_if_new);

// The model that the store was made with.
Result<StoreModel> read_store_model(SqliteDatabase& database);

}  // namespace deepstack
