// Any bytes as a settings file: what is read has known names, each once, and values that a JSON
// reader sees, too; what is refused is refused in one short line.
#include <sys/mman.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>

#include "core/settings_file.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  using nlohmann::json;
  using test::require;
  static const std::vector<std::string> kNames{"model", "threshold", "name", "uri"};
  static const int kFile = memfd_create("settings.json", 0);
  static const std::string kPath = "/proc/self/fd/" + std::to_string(kFile);
  require(ftruncate(kFile, 0) == 0 && pwrite(kFile, data, bytes, 0) == static_cast<ssize_t>(bytes),
          "the file can be written");
  const auto settings = read_settings_file(kPath, kNames);
  if (!settings.ok()) {
    test::require_clear(settings.status(), StatusCode::kCorrupt);
    return 0;
  }
  const json read = json::parse(std::string(reinterpret_cast<const char*>(data), bytes));
  require(read.is_object() && read.size() == settings->size(),
          "it is an object of as many settings");
  std::set<std::string> names;
  for (const FileSetting& setting : *settings) {
    require(std::find(kNames.begin(), kNames.end(), setting.name) != kNames.end(),
            "names are known");
    require(names.insert(setting.name).second, "a name is there once");
    const json& value = read.at(setting.name);
    require(value.is_array() == setting.is_list, "a list is a list");
    require(setting.is_list ? value.size() == setting.values.size() : setting.values.size() == 1,
            "it has as many values");
    for (size_t i = 0; i < setting.values.size(); ++i) {
      const json& one = setting.is_list ? value[i] : value;
      const std::string text = to_text(setting.values[i]);
      require(text == (one.is_string() ? one.get<std::string>() : one.dump()),
              "values are the same");
    }
  }
  return 0;
}
