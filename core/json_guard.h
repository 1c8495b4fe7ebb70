// Guarded JSON: parses text of strangers. Whatever the text is, it costs little more than its size:
// the library's own parser keeps a whole token in memory several times over, accepts any depth, and
// then crashes when the tree is copied or written (nlohmann/json issue 5387). So tokens are
// measured before the library sees them, and the rest is checked while it scans, before a tree
// exists.
//
// parse_guarded_json() gives a tree, for small files. scan_json() gives none: the consumer takes
// what it needs and stops at the first thing that it refuses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/json_tree.h"
#include "core/status.h"

namespace deepstack {

struct JsonLimits {
  size_t max_bytes = 1 << 20;
  size_t max_token_bytes = 1 << 17;  // of a string, a number or a word, as it is written
  size_t max_space_bytes = 1 << 20;  // of all white space
  size_t max_depth = 32;
  size_t max_keys = 65536;      // over all objects
  size_t max_elements = 65536;  // over all arrays
};

// What scan_json() calls for every token. The last calls are those before stop().
class JsonConsumer : public nlohmann::json::json_sax_t {
 public:
  // Why it stopped: one printable line.
  const std::string& reason() const { return reason_; }

  bool binary(binary_t&) override { return stop("JSON has binary data"); }
  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override;

 protected:
  // Always false, which ends the scan.
  bool stop(const std::string& reason);
  bool stop_at_second_key(const std::string& name) {
    return stop("JSON has a key twice: '" + name + "'");
  }

 private:
  std::string reason_;
};

// kCorrupt with the reason: over a limit in bytes, no JSON, or what the consumer stopped at. Depth,
// keys and elements are the consumer's to count.
Status scan_json(std::string_view text, const JsonLimits& limits, JsonConsumer& consumer);

// kCorrupt with the reason: over a limit, a key twice in one object, or no JSON.
Result<JsonTree> parse_guarded_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace deepstack
