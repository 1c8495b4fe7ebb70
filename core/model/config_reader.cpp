#include "core/model/config_reader.h"

#include "core/json_guard.h"
#include "core/regular_file.h"

namespace deepstack {

using nlohmann::json;

Result<JsonTree> read_json_object(const std::filesystem::path& path) {
  Result<std::string> text = read_text_file(path, kMaxConfigBytes);
  if (!text.ok()) return text.status();
  return parse_json_object(*text);
}

Result<JsonTree> parse_json_object(std::string_view text) {
  Result<JsonTree> parsed = parse_guarded_json(text);
  if (parsed.ok() && !(*parsed)->is_object()) return corrupt("is no JSON object");
  return parsed;
}

std::string ConfigReader::text(const char* key, const std::string& fallback) {
  const auto found = object_.find(key);
  if (found == object_.end()) return fallback;
  if (!found->is_string()) {
    fail(key, "is " + found->dump() + ", must be a string");
    return fallback;
  }
  return found->get<std::string>();
}

bool ConfigReader::flag(const char* key) {
  const auto found = object_.find(key);
  if (found == object_.end()) return false;
  if (!found->is_boolean()) fail(key, "is " + found->dump() + ", must be true or false");
  return *found == json(true);
}

const json& ConfigReader::object(const char* key, bool required) {
  static const json kEmpty = json::object();
  const auto found = object_.find(key);
  if (found == object_.end() || !found->is_object()) {
    if (required || has(key)) fail(key, "must be an object");
    return kEmpty;
  }
  return *found;
}

}  // namespace deepstack
