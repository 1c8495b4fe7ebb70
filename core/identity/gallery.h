// Gallery: the identities that are known, each with up to six views, bounded in bytes and aged in
// seconds. Views are kept as 16-bit floats.
//
// When memory is short, the least recently seen identities are first left with two views each, and
// then forgotten. Not thread-safe: SharedGallery is.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/identity/appearance.h"
#include "core/identity/gallery_changes.h"
#include "core/identity/identity.h"
#include "core/identity/summary_index.h"
#include "core/model/matcher.h"

namespace deepstack {

// How well some queries fit one identity.
struct Candidate {
  KnownIdentity identity;
  float probability = 0;
  std::vector<float> levels;  // similarity on each level
};

struct GalleryLimits {
  int64_t max_bytes = 64 << 20;
  double ttl_s = 72 * 3600;

  bool operator==(const GalleryLimits&) const = default;
};

// The views of one thing to search for. Their seconds are of their stream; offset_s more is gallery
// time.
struct GalleryQuery {
  std::vector<const Appearance*> views;
  std::string label;
  double seconds = 0;  // now, gallery time
  double offset_s = 0;
};

class Gallery {
 public:
  static constexpr size_t kMaxPrototypes = 6;
  static constexpr size_t kFewPrototypes = 2;     // of identities that memory is short for
  static constexpr size_t kSearchedWhole = 512;   // from more identities, the likely ones are
  static constexpr size_t kShortlist = 256;       // picked by their mean tokens first

  Gallery(const GalleryLimits& limits, const Matcher& matcher)
      : limits_(limits), matcher_(matcher), index_(matcher.shape()) {}

  // A new identity first seen now.
  const Identity& add(const std::string& label, double seconds);

  // Puts in an identity as it was taken from here before. False when its number is taken.
  bool restore(Identity identity);

  // Numbers up to this one are not given any more.
  void reserve_numbers(int64_t last) { last_number_ = std::max(last_number_, last); }
  void reserve_prototypes(int64_t last) { last_prototype_ = std::max(last_prototype_, last); }

  // The identity, or null when it is not (any more) known; valid until the next change.
  const Identity* find(int64_t number) const;

  // It was seen at this time, too.
  void see(int64_t number, double seconds);

  // Keeps a view when it adds something: it is unlike the kept ones, or the newest is old. The oldest
  // and the newest view always stay while memory is not short. A view of fewer levels than the
  // others is never kept.
  void learn(int64_t number, const Appearance& view, double offset_s = 0);

  // Everything of `from` becomes part of `to`. Nothing when one of them is not known.
  void merge(int64_t from, int64_t to);

  // Identities with this label and at least one view, against the views of one thing (the mean over
  // them decides); the gap of each is from its last sighting to now. All of them up to
  // kSearchedWhole, of more the kShortlist likeliest. In order of number.
  Result<std::vector<Candidate>> search(const GalleryQuery& query) const;

  // Forgets what is older than the time to live, and what there are no bytes for.
  void expire(double seconds);

  // Forgets whom nobody has seen since.
  void expire_before(double seconds);

  // Only what there are no bytes for.
  void trim();

  int64_t bytes() const { return bytes_ + index_.bytes(); }
  uint64_t evictions() const { return evictions_; }
  uint64_t views_evicted() const { return views_evicted_; }  // of identities that stayed
  size_t size() const { return identities_.size() - opted_out_; }  // but for those who opted out
  int64_t last_number() const { return last_number_; }
  int64_t last_prototype() const { return last_prototype_; }
  double latest_s() const;  // the newest sighting; far in the past when there is none

  // For a store: what changed since the last take_changes(), if the log was ever asked for.
  ChangeLog& changes() { return changes_; }

 private:
  using Entries = std::map<int64_t, Identity>;
  using ByAge = std::set<std::pair<double, int64_t>>;  // last seen, number
  using Group = std::vector<const Identity*>;

  template <typename Change>
  void change(Identity& identity, const Change& make);
  void link(const Identity& identity);
  void unlink(const Identity& identity);
  void remove(Entries::iterator entry);
  void keep(Identity& identity, Prototype prototype, std::span<const float> tokens);
  void drop(Identity& identity, size_t index);
  void drop_most_alike(Identity& identity);
  void leave_few(int64_t number);
  Group shortlist(const Group& known, const GalleryQuery& query) const;
  Result<std::vector<Candidate>> match(const Group& known, const GalleryQuery& query) const;

  const GalleryLimits limits_;
  const Matcher& matcher_;
  Entries identities_;  // by number: the order must not be random
  ByAge by_age_;
  ByAge rich_;  // those with more than kFewPrototypes
  SummaryIndex index_;
  ChangeLog changes_;
  size_t opted_out_ = 0;
  int64_t bytes_ = 0;
  uint64_t evictions_ = 0;
  uint64_t views_evicted_ = 0;
  int64_t last_number_ = 0;
  int64_t last_prototype_ = 0;
};

}  // namespace deepstack
