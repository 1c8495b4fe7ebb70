#include "core/model/model_config.h"

#include <fstream>
#include <sstream>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/json_guard.h"
#include "core/printable.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr size_t kMaxConfigBytes = 1 << 20;

// Takes checked values out of one JSON object and remembers the first thing that is wrong.
class ConfigReader {
 public:
  explicit ConfigReader(const json& object) : object_(object) {}

  const Status& status() const { return status_; }

  template <typename T>
  T number(const char* key, T lowest, T highest, std::optional<T> fallback = std::nullopt) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      if (!fallback) fail(key, "is missing");
      return fallback.value_or(lowest);
    }
    const bool right_type =
        std::is_integral_v<T> ? found->is_number_integer() : found->is_number();
    const double value = right_type ? found->template get<double>() : 0;
    if (!right_type || !(value >= static_cast<double>(lowest)) ||
        !(value <= static_cast<double>(highest))) {
      std::ostringstream text;
      text << "is " << found->dump() << ", must be " << (std::is_integral_v<T> ? "a whole " : "a ")
           << "number in " << lowest << ".." << highest;
      fail(key, text.str());
      return lowest;
    }
    return static_cast<T>(value);
  }

  // Values are within lowest..highest, both included.
  template <typename T>
  std::vector<T> numbers(const char* key, size_t lowest_size, size_t highest_size, T lowest,
                         T highest) {
    std::vector<T> values;
    const auto found = object_.find(key);
    const bool list = found != object_.end() && found->is_array() &&
                      found->size() >= lowest_size && found->size() <= highest_size;
    if (list) {
      for (const json& value : *found) {
        const bool right_type =
            std::is_integral_v<T> ? value.is_number_integer() : value.is_number();
        const double number = right_type ? value.get<double>() : 0;
        if (!right_type || number < static_cast<double>(lowest) ||
            number > static_cast<double>(highest)) {
          break;
        }
        values.push_back(static_cast<T>(number));
      }
    }
    if (!list || values.size() != found->size()) {
      std::ostringstream text;
      text << "must be a list of " << lowest_size;
      if (highest_size > lowest_size) text << ".." << highest_size;
      text << (std::is_integral_v<T> ? " whole" : "") << " numbers in " << lowest << ".." << highest;
      fail(key, text.str());
      values.assign(lowest_size, lowest);
    }
    return values;
  }

  std::string text(const char* key, const std::string& fallback) {
    const auto found = object_.find(key);
    if (found == object_.end()) return fallback;
    if (!found->is_string()) {
      fail(key, "is " + found->dump() + ", must be a string");
      return fallback;
    }
    return found->get<std::string>();
  }

  bool flag(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) return false;
    if (!found->is_boolean()) fail(key, "is " + found->dump() + ", must be true or false");
    return *found == json(true);
  }

  void require(bool holds, const char* key, const std::string& message) {
    if (!holds) fail(key, message);
  }

 private:
  void fail(const char* key, const std::string& message) {
    if (status_.ok()) status_ = corrupt(std::string("'") + key + "' " + message);
  }

  const json& object_;
  Status status_;
};

void read_tower(ConfigReader& reader, ModelConfig& config) {
  const auto size = reader.numbers<int>("image_size", 2, 2, 1, 4096);
  config.patch_size = reader.number("patch_size", 1, 64);
  reader.require(size[0] % config.patch_size == 0 && size[1] % config.patch_size == 0, "image_size",
                 "must be [height, width], each a multiple of patch_size");
  config.image_height = size[0];
  config.image_width = size[1];
  config.hidden_size = reader.number("hidden_size", 8, 8192);
  config.heads = reader.number("num_attention_heads", 1, 128);
  reader.require(config.hidden_size % config.heads == 0, "num_attention_heads",
                 "does not divide hidden_size");
  config.layers = reader.number("num_hidden_layers", 1, 128);
  config.intermediate_size = reader.number("intermediate_size", 8, 65536);
  config.layer_norm_eps = reader.number("layer_norm_eps", 1e-12, 1e-2, std::optional(1e-6));
  const std::string activation = reader.text("hidden_act", "gelu_pytorch_tanh");
  reader.require(activation == "gelu_pytorch_tanh" || activation == "gelu", "hidden_act",
                 "must be gelu_pytorch_tanh or gelu");
  config.tanh_gelu = activation == "gelu_pytorch_tanh";
  config.rotary = reader.flag("rotary");
  reader.require(!config.rotary || config.head_size() % 4 == 0, "num_attention_heads",
                 "must leave a multiple of 4 channels a head for rotary");
  config.rope_theta = reader.number("rope_theta", 1.0, 1e9, std::optional(10000.0));
  config.image_mean = reader.numbers<double>("image_mean", 3, 3, -1e3, 1e3);
  config.image_std = reader.numbers<double>("image_std", 3, 3, 1e-3, 1e3);
}

void read_levels(ConfigReader& reader, ModelConfig& config) {
  config.tap_layers = reader.numbers<int>("tap_layers", 1, 8, 1, config.layers);
  int last = 0;
  for (const int layer : config.tap_layers) {
    reader.require(layer > last, "tap_layers", "must rise");
    last = layer;
  }
  config.projection_size = reader.number("projection_size", 0, 8192, std::optional(0));
  const auto pool = reader.numbers<int>("pool", 2, 2, 1, 16);
  config.pool_rows = pool[0];
  config.pool_columns = pool[1];
}

void read_match(ConfigReader& reader, ModelConfig& config) {
  MatchParameters& match = config.match;
  const auto section = reader.numbers<int>("mrope_section", 3, 3, 0, 4096);
  std::copy_n(section.begin(), 3, match.mrope_section.begin());
  reader.require(2 * (section[0] + section[1] + section[2]) == config.level_width(),
                 "mrope_section", "must sum to half of the level width");
  match.mrope_theta = reader.number("mrope_theta", 1.0, 1e9);
  match.mrope_rate = reader.number("mrope_rate", 0.0, 1e3);
  match.attention_scale = reader.number("attention_scale", 0.0, 1e3);
  const auto levels = static_cast<size_t>(config.levels());
  match.level_bias = reader.numbers<float>("level_bias", levels, levels, -1e3F, 1e3F);
  match.level_gap_slope = reader.numbers<float>("level_gap_slope", levels, levels, -1e3F, 1e3F);
  match.scale = reader.number("scale", 1e-3F, 1e3F);
  match.offset = reader.number("offset", -10.0F, 10.0F);
}

Result<std::string> read_text(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found("no such file");
  if (!std::filesystem::is_regular_file(path, error)) return corrupt("is no regular file");
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kMaxConfigBytes) {
    return corrupt("has " + std::to_string(size) + " bytes, the limit is " +
                   std::to_string(kMaxConfigBytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(size, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(size))) {
    return corrupt("could not be read");
  }
  return text;
}

}  // namespace

Result<ModelConfig> parse_model_config(std::string_view text, const std::string& folder_name) {
  Result<json> parsed = parse_guarded_json(text);
  if (!parsed.ok()) return parsed.status();
  if (!parsed->is_object()) return corrupt("is no JSON object");
  ConfigReader reader(*parsed);
  const std::string type = reader.text("model_type", "");
  if (type != "deepstack_vit") {
    return corrupt("model_type is '" + type + "', this version reads deepstack_vit");
  }
  ModelConfig config;
  const std::string version = reader.text("version", "");
  config.name = reader.text("name", folder_name) + (version.empty() ? "" : " " + version);
  read_tower(reader, config);
  read_levels(reader, config);
  if (!reader.status().ok()) return reader.status();

  const auto match = parsed->find("match");
  if (match == parsed->end() || !match->is_object()) {
    return corrupt("has no object 'match'");
  }
  ConfigReader match_reader(*match);
  read_match(match_reader, config);
  if (!match_reader.status().ok()) return match_reader.status();
  return config;
}

Result<ModelConfig> read_model_config(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return not_found(folder.string() + ": no such model folder");
  }
  const std::filesystem::path path = folder / "config.json";
  const auto failed = [&](const Status& status) {
    return Status(status.code(), path.string() + ": " + printable(status.message()));
  };
  Result<std::string> text = read_text(path);
  if (!text.ok()) return failed(text.status());
  Result<ModelConfig> config = parse_model_config(
      *text, std::filesystem::absolute(folder, error).lexically_normal().filename());
  if (!config.ok()) return failed(config.status());
  return config;
}

}  // namespace deepstack
