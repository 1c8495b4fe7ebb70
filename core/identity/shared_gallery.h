// SharedGallery: a Gallery behind one lock, for the streams of a process that share it, and written
// to a store where there is one. All seconds are gallery time (UNIX seconds). Thread-safe.
//
// Searches hold the lock shared, so streams search side by side; changes hold it alone, for
// microseconds. What leaves is a copy: nobody points into the gallery outside of the lock. The
// writer's own lock is taken only after this one is released.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>

#include "core/identity/gallery.h"
#include "core/identity/gallery_stats.h"
#include "core/store/gallery_writer.h"

namespace deepstack {

class SharedGallery final : private ChangeSource {
 public:
  SharedGallery(const GalleryLimits& limits, const Matcher& matcher)
      : matcher_(matcher), ttl_s_(limits.ttl_s), gallery_(limits, matcher_) {}
  ~SharedGallery() override = default;  // what is not stored yet is stored

  // Before the gallery is shared, at most once: takes in what the store has, as far as the limits
  // allow; with kWrite what changes from now on is written to it, and what did not fit leaves it.
  Status attach(IdentityStore store, StoreAccess access);

  // Instead, for whoever keeps the gallery himself: identities as they were taken from one, then the
  // highest numbers that were given; and, from then on, what changed since the last time.
  void restore(Identity identity);
  void begin_changes(int64_t last_number, int64_t last_prototype);
  GalleryChanges take_changes() override;

  KnownIdentity add(const std::string& label, double seconds);
  std::optional<KnownIdentity> find(int64_t number) const;
  void see(int64_t number, double seconds);
  void learn(int64_t number, const Appearance& view, double offset_s);
  void merge(int64_t from, int64_t to);
  Result<std::vector<Candidate>> search(const GalleryQuery& query) const;
  void expire(double seconds);

  const FeatureShape& shape() const { return matcher_.shape(); }  // of the views it keeps
  double latest_s() const override;
  GalleryStats stats() const;

  // Why the last write to the store failed; ok when it did not, or there is no store.
  Status store_status() const;

  // Returns when everything until now is stored, or could not be.
  Status flush();

 private:
  void give_back(const GalleryChanges& changes) override;
  void expire_before(double unix_s) override;

  template <typename Change>
  auto change(const Change& make);

  const Matcher matcher_;
  const double ttl_s_;
  mutable std::shared_mutex mutex_;
  Gallery gallery_;                        // guarded by mutex_
  std::unique_ptr<GalleryWriter> writer_;  // last: it uses the above
};

}  // namespace deepstack
