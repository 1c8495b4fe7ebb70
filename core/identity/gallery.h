// Gallery: the identities a stream knows, each with a few views of it (prototypes), bounded in bytes
// and aged in seconds of media time. Views are kept as 16-bit floats.
//
// The least recently seen identity goes first when memory is short. Owned by one Identifier, called
// by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/identity/appearance.h"
#include "core/model/matcher.h"

namespace deepstack {

// One kept view of an identity.
struct Prototype {
  std::vector<uint16_t> tokens;  // IEEE half, [levels, tokens, width], length 1 each
  std::vector<float> gate;       // [levels]
  double seconds = 0;
};

struct Identity {
  std::string uuid;
  int64_t number = 0;  // 1, 2, ... in order of appearance; for formats that want integers
  std::string label;
  double first_seen_s = 0;
  double last_seen_s = 0;
  std::vector<Prototype> prototypes;  // oldest first
};

// How well some queries fit one identity.
struct Candidate {
  const Identity* identity = nullptr;
  float probability = 0;
  std::vector<float> levels;  // similarity on each level
};

struct GalleryLimits {
  int64_t max_bytes = 64 << 20;
  double ttl_s = 72 * 3600;
};

class Gallery {
 public:
  static constexpr size_t kMaxPrototypes = 6;

  Gallery(const GalleryLimits& limits, const Matcher& matcher)
      : limits_(limits), matcher_(matcher) {}

  // A new identity first seen now.
  Identity& add(const std::string& label, double seconds);

  // The identity, or null when it is not (any more) known.
  Identity* find(int64_t number);

  // Keeps a view when it adds something: it is unlike the kept ones, or the newest is old. The oldest
  // and the newest view always stay.
  void learn(Identity& identity, const Appearance& view);

  // Everything of `from` becomes part of `to`. REQUIRES: both are known and differ.
  void merge(int64_t from, int64_t to);

  // Every identity with this label and at least one view, against the views of one thing (the mean
  // over them decides); the gap of each is from its last sighting to now. Unsorted.
  Result<std::vector<Candidate>> search(const std::vector<const Appearance*>& views,
                                        const std::string& label, double seconds) const;

  // Forgets what is older than the time to live, and the least recently seen while over the bytes.
  void expire(double seconds);

  const FeatureShape& shape() const { return matcher_.shape(); }  // of the views it keeps
  int64_t bytes() const { return bytes_; }
  uint64_t evictions() const { return evictions_; }
  size_t size() const { return identities_.size(); }

 private:
  using Entry = std::map<int64_t, Identity>::iterator;

  void remove(Entry entry);
  void drop_most_alike(Identity& identity);

  const GalleryLimits limits_;
  const Matcher& matcher_;
  std::map<int64_t, Identity> identities_;  // by number: the order must not be random
  int64_t bytes_ = 0;
  uint64_t evictions_ = 0;
  int64_t last_number_ = 0;
};

}  // namespace deepstack
