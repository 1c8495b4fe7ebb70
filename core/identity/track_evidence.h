// TrackEvidence: the few views of one track that decide who it is: good ones, spread over its time.
// Bounded; a plain value, owned by the Identifier.
#pragma once

#include <vector>

#include "core/identity/appearance.h"

namespace deepstack {

class TrackEvidence {
 public:
  static constexpr size_t kMost = 8;

  // Keeps the view when it is good enough and from another moment than the last; a better one of the
  // same moment replaces it. When full, the worst of the older ones goes.
  void add(const Appearance& view);

  const std::vector<Appearance>& views() const { return views_; }  // oldest first

  // Sum of the qualities: how much has been seen of it, in views of the best kind.
  float weight() const;

 private:
  std::vector<Appearance> views_;
};

}  // namespace deepstack
