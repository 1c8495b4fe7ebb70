// The views (prototypes) that are kept of identities, moved and chosen when a person edits them; by
// the same rules as a gallery chooses. Each REQUIRES: opened to write, within a transaction.
#pragma once

#include <cstdint>
#include <functional>

#include "core/store/store_file.h"

namespace deepstack {

// Those whose time `which` takes.
Status move_views(StoreFile& store, int64_t from, int64_t into,
                  const std::function<bool(double seconds)>& which);

// Leaves an identity as many views as a gallery keeps: the oldest, the newest, and the least alike
// between.
Status leave_most_diverse(StoreFile& store, int64_t number);

// Learns from the key views of an identity's tracks; the best 64 are looked at.
Status keep_views_of_tracks(StoreFile& store, int64_t number);

}  // namespace deepstack
