// SettingsFile: settings by name in a JSON file of the user's, {"threshold": 0.4, "proposals":
// "hog"}. Whoever has the settings says which names there are and what their values may be.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/status.h"

namespace deepstack {

struct FileSetting {
  using Value = std::variant<bool, int64_t, double, std::string>;

  std::string name;
  std::vector<Value> values;  // more than one, or none, only of a list
  bool is_list = false;
};

// As it would be written on a command line: "true", "5", "0.25", "hog".
std::string to_text(const FileSetting::Value& value);

// In the order of the file. kNotFound, or kCorrupt with file, name and limit: no regular file, more
// than 1 MiB, no JSON object, a name twice or none of names (then with the nearest one), or a value
// that is neither word, number nor switch, nor a list of them.
Result<std::vector<FileSetting>> read_settings_file(const std::filesystem::path& path,
                                                    const std::vector<std::string>& names);

}  // namespace deepstack
