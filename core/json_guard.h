// Guarded JSON: parses text of strangers. Depth, size, keys and duplicates are checked while the text
// is scanned, before a tree exists: the library's own parser accepts any depth and then crashes when
// the tree is copied or written (nlohmann/json issue 5387).
#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/status.h"

namespace deepstack {

struct JsonLimits {
  size_t max_bytes = 1 << 20;
  size_t max_depth = 32;
  size_t max_keys = 65536;  // over all objects
};

// kCorrupt with the reason: over a limit, a key twice in one object, or no JSON.
Result<nlohmann::json> parse_guarded_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace deepstack
