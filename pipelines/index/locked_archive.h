// LockedArchive: one archive for the workers of a run, who take turns. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "core/store/archive_store.h"

namespace deepstack {

class LockedArchive {
 public:
  explicit LockedArchive(std::unique_ptr<ArchiveStore> archive) : archive_(std::move(archive)) {}

  // use(ArchiveStore&), alone.
  template <typename Use>
  auto with(const Use& use) {
    const std::lock_guard lock(mutex_);
    return use(*archive_);
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<ArchiveStore> archive_;  // guarded by mutex_
};

}  // namespace deepstack
