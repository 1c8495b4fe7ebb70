// The tables of a store: DIR/deepstack.sqlite, version 2. docs/store-format.md says what is in
// them.
#pragma once

#include <string>

#include "core/identity/feature.h"
#include "core/status.h"
#include "core/store/sqlite_database.h"

namespace deepstack {

inline constexpr int64_t kStoreVersion = 2;

// Features of one model cannot be compared with those of another.
struct StoreModel {
  std::string name;
  FeatureShape shape;
  std::string sha256 = {};         // of the weights; "" = not known
  std::string preprocessing = {};  // what is done to pixels before; "" = not known

  bool operator==(const StoreModel&) const = default;
};

// Features of a and of b can be compared. What one of them does not know is not held against it.
bool comparable(const StoreModel& a, const StoreModel& b);

// What to read as, e.g., "people-tiny 0.1.0 (3 levels of 4 x 2 tokens, 64 wide)".
std::string to_string(const StoreModel& model);

// Makes the tables in a database that has none; with kWrite brings older ones up to this version, in
// one transaction. The version that they have now. kCorrupt: the database is somebody else's, is of a
// later version, or is damaged.
Result<int64_t> create_or_check_schema(SqliteDatabase& database, StoreAccess access,
                                       const StoreModel& model_if_new);

// The model that the store was made with.
Result<StoreModel> read_store_model(SqliteDatabase& database, int64_t version);

// Writes down what the store did not know of its model so far; stored becomes what it is then.
Status complete_store_model(SqliteDatabase& database, const StoreModel& model, StoreModel& stored);

}  // namespace deepstack
