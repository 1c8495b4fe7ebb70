// SpoolStore: the lines of a SpoolQueue in DIR/spool.sqlite, so that they outlive the process
// (ADR 8). Lines that are gone are overwritten on the disk, too. One process, and one store in it,
// uses a folder. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/publish/spool_queue.h"
#include "core/status.h"
#include "core/store/sqlite_database.h"

namespace deepstack {

class SpoolStore {
 public:
  // Makes the folder when it is not there. A file that is damaged or no spool is renamed, and an
  // empty one begun. kInvalid or kUnavailable, naming the folder.
  static Result<SpoolStore> open(const std::filesystem::path& folder);

  // In their order; at most as many as there are.
  Result<std::vector<SpooledLine>> load();

  // All of it or nothing.
  Status write(const SpoolChanges& changes);

  // Where a file went that could not be used; "" when there was none.
  const std::string& set_aside() const { return set_aside_; }

 private:
  static Result<SpoolStore> open_file(const std::filesystem::path& file);
  Status prepare();

  SqliteDatabase database_;
  SqliteStatement insert_;
  SqliteStatement remove_;
  std::string set_aside_;
};

}  // namespace deepstack
