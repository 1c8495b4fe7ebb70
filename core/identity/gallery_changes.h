// What changed in a gallery since it was last stored. ChangeLog keeps numbers only, each once, so
// it is bounded by the gallery itself; GalleryChanges is a bounded copy of what they stand for. Not
// thread-safe; under the gallery's lock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/identity/identity.h"

namespace deepstack {

struct GalleryChanges {
  enum class Kind { kSeen, kViews, kNew };  // in order: what comes later covers what is before

  struct Change {
    Identity identity;  // kSeen: without prototypes, they are as they were
    Kind kind = Kind::kSeen;
  };

  std::vector<Change> changed;
  std::set<int64_t> removed;  // given once nothing else is left, so that a merge loses no view
  int64_t last_number = 0;    // the highest that was given
  int64_t last_prototype = 0;
  bool number_given = false;  // since the last time; whoever got it may be gone already

  bool empty() const { return changed.empty() && removed.empty() && !number_given; }
};

class ChangeLog {
 public:
  using Kind = GalleryChanges::Kind;

  // Nothing is kept before.
  void begin() { kept_ = true; }

  void changed(int64_t number, Kind kind) {
    if (!kept_) return;
    number_given_ |= kind == Kind::kNew;
    Kind& known = changed_.try_emplace(number, kind).first->second;
    known = std::max(known, kind);
  }
  void removed(int64_t number) {
    if (!kept_) return;
    const auto known = changed_.find(number);
    const bool never_stored = known != changed_.end() && known->second == Kind::kNew;
    if (known != changed_.end()) changed_.erase(known);
    if (!never_stored) removed_.insert(number);
  }

  bool empty() const { return changed_.empty() && removed_.empty() && !number_given_; }

  // Copies of the oldest numbers' identities, about max_bytes of them or one, and forgets that they
  // changed. find: Identity pointer of a number.
  template <typename Find>
  GalleryChanges take(const Find& find, int64_t max_bytes) {
    GalleryChanges changes;
    changes.number_given = std::exchange(number_given_, false);
    int64_t bytes = 0;
    while (!changed_.empty() && bytes < max_bytes) {
      const auto [number, kind] = *changed_.begin();
      changed_.erase(changed_.begin());
      Identity copy = *find(number);
      if (kind == Kind::kSeen) copy.prototypes.clear();
      bytes += 256;
      for (const Prototype& kept : copy.prototypes) {
        bytes += static_cast<int64_t>(kept.tokens.size() * sizeof(uint16_t));
      }
      changes.changed.push_back({std::move(copy), kind});
    }
    if (changed_.empty()) changes.removed.swap(removed_);
    return changes;
  }

  // They could not be stored: they changed still. What is gone by now stays gone.
  void give_back(const GalleryChanges& changes) {
    number_given_ |= changes.number_given;
    for (const int64_t number : changes.removed) removed_.insert(number);
    for (const GalleryChanges::Change& change : changes.changed) {
      const int64_t number = change.identity.number;
      if (!removed_.contains(number)) changed(number, change.kind);
    }
  }

 private:
  bool kept_ = false;
  bool number_given_ = false;
  std::map<int64_t, Kind> changed_;
  std::set<int64_t> removed_;
};

}  // namespace deepstack
