// What a store says of its identities, for people: lists and look-ups without any feature. Reads
// only; any open store. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/store_file.h"

namespace deepstack {

struct IdentityRecord {
  int64_t number = 0;
  std::string uuid;
  std::string label;
  std::string name;  // "" = nobody gave one
  double first_seen_s = 0;
  double last_seen_s = 0;
  int64_t prototypes = 0;
  int64_t tracks = 0;
  int64_t observations = 0;
  bool opted_out = false;  // a template to leave somebody alone by (opt_out.h)
};

struct TrackRecord {
  int64_t id = 0;
  std::string source;  // the camera
  int64_t track = 0;   // its number in its stream
  double first_seen_s = 0;
  double last_seen_s = 0;
  int64_t observations = 0;
  int64_t key_views = 0;  // observations with all of their tokens
};

// Everybody who was not merged into another, the least recently seen first.
Result<std::vector<IdentityRecord>> list_identities(StoreFile& store);

// By UUID, the beginning of one (at least 4 characters), number, or whole name. Somebody who was
// merged is found as whom he was merged into. kNotFound, or kInvalid when several are meant.
Result<IdentityRecord> find_identity(StoreFile& store, const std::string& key);

// Of an identity, the oldest first.
Result<std::vector<TrackRecord>> tracks_of(StoreFile& store, int64_t number);

}  // namespace deepstack
