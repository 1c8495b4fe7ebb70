// StoreLock: one process, and one gallery in it, writes a store. The lock is the operating system's
// on DIR/deepstack.lock: it goes when the process does, however it ends, and names its holder. Held
// as long as the object lives.
#pragma once

#include <filesystem>

#include "core/status.h"

namespace deepstack {

class StoreLock {
 public:
  // kUnavailable: another one writes, or the folder cannot be written to.
  static Result<StoreLock> take(const std::filesystem::path& folder);

  StoreLock() = default;
  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&& other) noexcept;
  ~StoreLock();

 private:
  int descriptor_ = -1;
};

}  // namespace deepstack
