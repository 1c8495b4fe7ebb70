// What became of the lines of a Publication. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "core/publish/publish_health.h"

namespace deepstack {

// received + recovered = published + rejected + dropped + spooled.
struct PublishStats {
  PublishState state = PublishState::kConnecting;
  std::string uri;         // without credentials
  std::string last_error;  // redacted
  uint64_t received = 0;
  uint64_t recovered = 0;  // from the spool of the last run
  uint64_t published = 0;  // acknowledged by the broker, or written
  uint64_t rejected = 0;   // the broker would not have them
  uint64_t dropped = 0;    // too many waited
  uint64_t spooled = 0;
  uint64_t spooled_bytes = 0;
  uint64_t reconnects = 0;
  uint64_t spool_errors = 0;
};

}  // namespace deepstack
