#include "core/settings_file.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/exhausted.h"
#include "core/json_guard.h"
#include "core/printable.h"
#include "core/regular_file.h"

namespace deepstack {
namespace {

// The share of letters that two names have in common, in their order (longest common subsequence):
// of "treshold", "reid-threshold" has more than "tags", which fewer edits would make of it.
double likeness(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (const char letter : a) {
    size_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = letter == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return static_cast<double>(row.back()) / static_cast<double>(a.size() + b.size());
}

// Takes the one object of the file as it is read, so that the order stays and no tree is made.
class SettingsReader final : public JsonConsumer {
 public:
  explicit SettingsReader(const std::vector<std::string>& names) : names_(names) {}

  std::vector<FileSetting> take() { return std::move(settings_); }

  bool null() override { return stop_at("is null"); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return stop_at("is " + std::to_string(value) + ", the limit is 9223372036854775807");
    }
    return add(static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(value); }
  bool start_object(size_t) override {
    if (inside_) return stop_at("is an object");
    inside_ = true;
    return true;
  }
  bool end_object() override { return true; }
  bool start_array(size_t) override {
    if (!inside_ || settings_.back().is_list) return stop_at("is a list in a list");
    settings_.back().is_list = true;
    return true;
  }
  bool end_array() override { return true; }
  bool key(string_t& name) override {
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) return stop_unknown(name);
    const bool known =
        std::any_of(settings_.begin(), settings_.end(),
                    [&](const FileSetting& setting) { return setting.name == name; });
    if (known) return stop_at_second_key(name);
    settings_.push_back({name, {}, false});
    return true;
  }

 private:
  bool add(FileSetting::Value value) {
    if (!inside_) return stop_at("is no object");
    FileSetting& setting = settings_.back();
    if (setting.values.size() == kMaxValues) {
      return stop_at("has more than " + std::to_string(kMaxValues) + " values");
    }
    setting.values.push_back(std::move(value));
    return true;
  }
  bool stop_at(const std::string& reason) {
    return stop(settings_.empty() ? "JSON " + reason + ", must be an object of settings"
                                  : "'" + settings_.back().name + "' " + reason);
  }
  bool stop_unknown(const std::string& name) {
    if (name.size() > kMaxNameBytes) {
      return stop("a setting has a name of " + std::to_string(name.size()) +
                  " bytes, the limit is " + std::to_string(kMaxNameBytes));
    }
    const auto nearest = std::max_element(
        names_.begin(), names_.end(), [&](const std::string& one, const std::string& other) {
          return likeness(name, one) < likeness(name, other);
        });
    return stop("there is no setting '" + name + "'" +
                (nearest == names_.end() ? "" : ", the nearest is '" + *nearest + "'"));
  }

  static constexpr size_t kMaxValues = 1024;
  static constexpr size_t kMaxNameBytes = 64;

  const std::vector<std::string>& names_;
  std::vector<FileSetting> settings_;
  bool inside_ = false;
};

}  // namespace

std::string to_text(const FileSetting::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  return nlohmann::json(std::get<double>(value)).dump();  // the shortest that reads back the same
}

Result<std::vector<FileSetting>> read_settings_file(const std::filesystem::path& path,
                                                    const std::vector<std::string>& names) {
  return unless_out_of_memory([&]() -> Result<std::vector<FileSetting>> {
    const JsonLimits limits;
    const auto named = [&path](const Status& status) {
      return Status(status.code(), printable(path.string()) + ": " + status.message());
    };
    Result<std::string> text = read_text_file(path, limits.max_bytes);
    if (!text.ok()) return named(text.status());
    SettingsReader reader(names);
    if (Status status = scan_json(*text, limits, reader); !status.ok()) return named(status);
    return reader.take();
  });
}

}  // namespace deepstack
