// GalleryWriter: the one thread that writes a gallery to its store. What changes is committed half
// a second later at the latest, all changes of that time in one go, so a process that is killed
// loses less than its last second; a stream never waits for the disk.
//
// When the disk cannot take it (full, gone), that is counted, kept as status(), and tried again a
// second later with whatever has changed by then; the gallery goes on in memory.
//
// Once an hour, or ten times within a time to live that is short, it lets go of what is too old: by the
// gallery's own time while somebody is seen, which may be that of an old recording, else by the wall
// clock, so that nothing is kept for longer because a camera is gone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

#include "core/identity/gallery_changes.h"
#include "core/status.h"
#include "core/store/identity_store.h"
#include "core/time/clock.h"

namespace deepstack {

// Where changes come from; called by the writer's thread with no lock of the writer held.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;
  virtual GalleryChanges take_changes() = 0;
  virtual void give_back(const GalleryChanges& changes) = 0;
  virtual double latest_s() const = 0;  // the newest sighting
  virtual void expire_before(double unix_s) = 0;
};

class GalleryWriter {
 public:
  // source lives longer than the writer. What was not seen for ttl_s goes, or for what is set in the
  // store when that is less.
  GalleryWriter(IdentityStore store, ChangeSource& source, double ttl_s,
                std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>());
  ~GalleryWriter();  // tries once to write what is left

  // Any thread: something has changed.
  void wake();

  // Any thread: returns when what changed before is committed, or why it could not be.
  Status flush();

  uint64_t errors() const;  // writes that failed
  Status status() const;    // of the last write

 private:
  using Time = std::chrono::steady_clock::time_point;

  void run();
  Status write_all();
  Status retain();

  IdentityStore store_;  // the writer's thread only
  ChangeSource& source_;
  const double ttl_s_;
  const std::shared_ptr<const Clock> clock_;
  double latest_s_;    // as retain() last found it
  Time retention_due_;  // the writer's thread only

  mutable std::mutex mutex_;  // everything below
  std::condition_variable changed_;
  bool pending_ = false;
  Time due_;                // when what is pending is written
  uint64_t requested_ = 0;  // flushes
  uint64_t served_ = 0;
  bool stopping_ = false;
  uint64_t errors_ = 0;
  Status status_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace deepstack
