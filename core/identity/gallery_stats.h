// Counters of a gallery since it was opened; never reset. Plain values.
#pragma once

#include <cstdint>

namespace deepstack {

struct GalleryStats {
  uint64_t identities = 0;     // known now
  uint64_t bytes = 0;          // taken by them now
  uint64_t evictions = 0;      // identities forgotten, by age or for want of bytes
  uint64_t views_evicted = 0;  // of identities that stayed, for want of bytes
  uint64_t store_errors = 0;   // writes to the store that failed
};

}  // namespace deepstack
