// Retention: what a store knows goes when it has not been seen for a time. One thread at a time.
//
// A live gallery keeps to its own time to live and calls this by itself; a store whose retention
// was set here keeps to it whoever opens it to write.
#pragma once

#include <cstdint>
#include <optional>

#include "core/store/store_file.h"

namespace deepstack {

inline constexpr double kDefaultRetention_s = 72 * 3600;  // as gallery-ttl

struct RetentionReport {
  int64_t identities = 0;
  int64_t prototypes = 0;
  int64_t tracks = 0;
  int64_t observations = 0;
  int64_t edits = 0;             // that can no longer be undone
  std::optional<double> next_s;  // UNIX seconds when the next would go; none: nothing is left

  bool empty() const { return identities + tracks + observations + edits == 0; }
};

// What apply_retention() would remove.
Result<RetentionReport> due_for_removal(StoreFile& store, double ttl_s, double now_s);

// Removes identities, tracks and observations that were last seen more than ttl_s before now_s, and
// what could undo edits of that age; writes it into the audit log when that was anything, and
// carries it out of the database's log unless somebody reads. Opt-outs stay. REQUIRES: opened to
// write.
Result<RetentionReport> apply_retention(StoreFile& store, double ttl_s, double now_s);

// What was set for the store; none: never.
Result<std::optional<double>> stored_retention_s(StoreFile& store);
Status set_stored_retention_s(StoreFile& store, std::optional<double> ttl_s);

}  // namespace deepstack
