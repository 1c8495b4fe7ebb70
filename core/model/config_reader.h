// ConfigReader: takes checked values out of one JSON object and remembers the first thing that is
// wrong, so that a config can be read in one go and asked once. One thread.
#pragma once

#include <concepts>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json_tree.h"
#include "core/status.h"

namespace deepstack {

inline constexpr size_t kMaxConfigBytes = 1 << 20;

// The object in path, guarded (core/json_guard.h); kNotFound or kCorrupt without the path.
Result<JsonTree> read_json_object(const std::filesystem::path& path);
// The same of its text.
Result<JsonTree> parse_json_object(std::string_view text);

class ConfigReader {
 public:
  // REQUIRES: object outlives this.
  explicit ConfigReader(const nlohmann::json& object) : object_(object) {}

  // ok, or kCorrupt with "'key' reason".
  const Status& status() const { return status_; }

  // A null counts as nothing: that is how transformers writes a setting that is left to its
  // default.
  bool has(const char* key) const {
    const auto found = object_.find(key);
    return found != object_.end() && !found->is_null();
  }

  // A number within lowest..highest; a missing key is an error without a fallback.
  template <typename T>
  T number(const char* key, T lowest, T highest, std::optional<T> fallback = std::nullopt) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      if (!fallback) fail(key, "is missing");
      return fallback.value_or(lowest);
    }
    if (!within(*found, lowest, highest)) {
      std::ostringstream text;
      text << "is " << found->dump() << ", must be " << (std::integral<T> ? "a whole " : "a ")
           << "number in " << lowest << ".." << highest;
      fail(key, text.str());
      return lowest;
    }
    return found->template get<T>();
  }

  // A list of lowest_size..highest_size numbers within lowest..highest.
  template <typename T>
  std::vector<T> numbers(const char* key, size_t lowest_size, size_t highest_size, T lowest,
                         T highest) {
    std::vector<T> values;
    const auto found = object_.find(key);
    const bool list = found != object_.end() && found->is_array() && found->size() >= lowest_size &&
                      found->size() <= highest_size;
    if (list) {
      for (const nlohmann::json& value : *found) {
        if (!within(value, lowest, highest)) break;
        values.push_back(value.get<T>());
      }
    }
    if (!list || values.size() != found->size()) {
      std::ostringstream text;
      text << "must be a list of " << lowest_size;
      if (highest_size > lowest_size) text << ".." << highest_size;
      text << (std::integral<T> ? " whole" : "") << " numbers in " << lowest << ".." << highest;
      fail(key, text.str());
      values.assign(lowest_size, lowest);
    }
    return values;
  }

  std::string text(const char* key, const std::string& fallback);
  bool flag(const char* key);

  // The object under key; an empty one when it is missing (an error when required) or none.
  const nlohmann::json& object(const char* key, bool required);

  void require(bool holds, const char* key, const std::string& message) {
    if (!holds) fail(key, message);
  }

 private:
  template <typename T>
  static bool within(const nlohmann::json& value, T lowest, T highest) {
    if (std::integral<T> ? !value.is_number_integer() : !value.is_number()) return false;
    const auto number = value.get<double>();
    return number >= static_cast<double>(lowest) && number <= static_cast<double>(highest);
  }

  void fail(const char* key, const std::string& message) {
    if (status_.ok()) status_ = corrupt(std::string("'") + key + "' " + message);
  }

  const nlohmann::json& object_;
  Status status_;
};

}  // namespace deepstack
