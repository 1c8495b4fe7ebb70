#include "core/identity/shared_gallery.h"

#include <mutex>

namespace deepstack {
namespace {

constexpr int64_t kBytesAtOnce = 4 << 20;  // copied for one transaction

}  // namespace

// make() changes the gallery; the writer is told when there is something for it.
template <typename Change>
auto SharedGallery::change(const Change& make) {
  std::unique_lock lock(mutex_);
  auto result = make();
  const bool unsaved = !gallery_.changes().empty();
  lock.unlock();
  if (writer_ != nullptr && unsaved) writer_->wake();
  return result;
}

Status SharedGallery::attach(IdentityStore store, StoreAccess access) {
  const Result<int64_t> last_number = store.last_number();
  if (!last_number.ok()) return last_number.status();
  const Result<int64_t> last_prototype = store.last_prototype();
  if (!last_prototype.ok()) return last_prototype.status();
  if (access == StoreAccess::kWrite) gallery_.changes().begin();
  Status status = store.read([this](Identity identity) {
    gallery_.restore(std::move(identity));
    gallery_.trim();
  });
  if (!status.ok()) return status;
  gallery_.reserve_numbers(*last_number);
  gallery_.reserve_prototypes(*last_prototype);
  if (access == StoreAccess::kRead) return {};
  writer_ = std::make_unique<GalleryWriter>(std::move(store), static_cast<ChangeSource&>(*this),
                                            ttl_s_);
  if (!gallery_.changes().empty()) writer_->wake();
  return {};
}

void SharedGallery::restore(Identity identity) {
  const std::unique_lock lock(mutex_);
  gallery_.restore(std::move(identity));
  gallery_.trim();
}

void SharedGallery::begin_changes(int64_t last_number, int64_t last_prototype) {
  const std::unique_lock lock(mutex_);
  gallery_.reserve_numbers(last_number);
  gallery_.reserve_prototypes(last_prototype);
  gallery_.changes().begin();
}

KnownIdentity SharedGallery::add(const std::string& label, double seconds) {
  return change([&] {
    const Identity& added = gallery_.add(label, seconds);
    return KnownIdentity{added.number, added.uuid, added.last_seen_s, added.opted_out};
  });
}

std::optional<KnownIdentity> SharedGallery::find(int64_t number) const {
  const std::shared_lock lock(mutex_);
  const Identity* found = gallery_.find(number);
  if (found == nullptr) return std::nullopt;
  return KnownIdentity{found->number, found->uuid, found->last_seen_s, found->opted_out};
}

void SharedGallery::see(int64_t number, double seconds) {
  change([&] { return gallery_.see(number, seconds), true; });
}

void SharedGallery::learn(int64_t number, const Appearance& view, double offset_s) {
  change([&] { return gallery_.learn(number, view, offset_s), true; });
}

void SharedGallery::merge(int64_t from, int64_t to) {
  change([&] { return gallery_.merge(from, to), true; });
}

Result<std::vector<Candidate>> SharedGallery::search(const GalleryQuery& query) const {
  const std::shared_lock lock(mutex_);
  return gallery_.search(query);
}

void SharedGallery::expire(double seconds) {
  change([&] { return gallery_.expire(seconds), true; });
}

double SharedGallery::latest_s() const {
  const std::shared_lock lock(mutex_);
  return gallery_.latest_s();
}

GalleryStats SharedGallery::stats() const {
  GalleryStats stats{.store_errors = writer_ == nullptr ? 0 : writer_->errors()};
  const std::shared_lock lock(mutex_);
  stats.identities = gallery_.size();
  stats.bytes = static_cast<uint64_t>(gallery_.bytes());
  stats.evictions = gallery_.evictions();
  stats.views_evicted = gallery_.views_evicted();
  return stats;
}

Status SharedGallery::store_status() const {
  return writer_ == nullptr ? Status() : writer_->status();
}

Status SharedGallery::flush() { return writer_ == nullptr ? Status() : writer_->flush(); }

GalleryChanges SharedGallery::take_changes() {
  const std::unique_lock lock(mutex_);
  GalleryChanges changes = gallery_.changes().take(
      [this](int64_t number) { return gallery_.find(number); }, kBytesAtOnce);
  changes.last_number = gallery_.last_number();
  changes.last_prototype = gallery_.last_prototype();
  return changes;
}

// The writer takes what changed by this itself.
void SharedGallery::expire_before(double unix_s) {
  const std::unique_lock lock(mutex_);
  gallery_.expire_before(unix_s);
}

void SharedGallery::give_back(const GalleryChanges& changes) {
  const std::unique_lock lock(mutex_);
  gallery_.changes().give_back(changes);
}

}  // namespace deepstack
