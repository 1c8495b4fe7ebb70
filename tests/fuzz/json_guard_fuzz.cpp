// Any text through parse_guarded_json(): what it lets through is what the library reads, within the
// limits, and can be written.
#include <nlohmann/json.hpp>

#include "core/json_guard.h"
#include "tests/fuzz/require.h"

namespace deepstack {
namespace {

using nlohmann::json;
using test::require;

constexpr JsonLimits kLimits{.max_bytes = 2048,
                             .max_token_bytes = 64,
                             .max_space_bytes = 64,
                             .max_depth = 8,
                             .max_keys = 16,
                             .max_elements = 32};

struct Size {
  size_t depth = 0;
  size_t keys = 0;
  size_t elements = 0;
};

void measure(const json& value, size_t depth, Size& size) {
  if (value.is_string()) require(value.get<std::string>().size() <= 64, "strings are short");
  if (!value.is_structured()) return;
  size.depth = std::max(size.depth, depth + 1);
  (value.is_object() ? size.keys : size.elements) += value.size();
  for (const json& element : value) measure(element, depth + 1, size);
}

}  // namespace
}  // namespace deepstack

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const Result<JsonTree> parsed = parse_guarded_json(text, kLimits);
  if (!parsed.ok()) {
    test::require_clear(parsed.status(), StatusCode::kCorrupt);
    return 0;
  }
  Size size;
  measure(**parsed, 0, size);
  require(size.depth <= kLimits.max_depth, "it is not too deep");
  require(size.keys <= kLimits.max_keys, "it has not too many keys");
  require(size.elements <= kLimits.max_elements, "it has not too many elements");
  require(json::parse((*parsed)->dump()) == **parsed, "what is written is read again");
  return 0;
}
