// Who did what to a store, and when: edits, exports, erasures, and what went by its age. Without
// biometrics and names; identities by their number, which is never given twice, so that nobody who
// was erased is in it by UUID. The latest kMostAuditRows are kept. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/store_file.h"

namespace deepstack {

inline constexpr int64_t kMostAuditRows = 100'000;

struct AuditEntry {
  int64_t id = 0;           // rises
  double seconds = 0;       // UNIX
  std::string editor = {};  // a user, or a program for itself
  std::string action = {};
  int64_t identity = 0;     // number; 0: none
  int64_t other = 0;        // the second one concerned; 0: none
  std::string detail = {};  // counts, in words
};

// Adds it, now; its id. Part of the transaction that is open, if one is.
Result<int64_t> add_audit_entry(SqliteDatabase& database, const AuditEntry& entry);

// The latest first, at most `limit`.
Result<std::vector<AuditEntry>> read_audit_log(StoreFile& store, int64_t limit);

// Wall clock, seconds since 1970.
double now_unix_s();

}  // namespace deepstack
