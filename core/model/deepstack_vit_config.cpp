// config.json of the families that are ours: deepstack_vit and deepstack_head
// (docs/model-format.md).
#include <algorithm>

#include "core/model/config_families.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr int kMaxWidth = 8192;
constexpr size_t kMaxLevels = 8;

void read_tower(ConfigReader& reader, ModelConfig& config) {
  TowerConfig& tower = config.tower;
  const auto size = reader.numbers<int>("image_size", 2, 2, 1, 4096);
  tower.patch_size = reader.number("patch_size", 1, 64);
  reader.require(size[0] >= tower.patch_size && size[1] >= tower.patch_size, "image_size",
                 "must be [height, width], each at least patch_size");
  config.picture.crop_height = size[0];
  config.picture.crop_width = size[1];
  tower.table_rows = config.crop_rows();
  tower.table_columns = config.crop_columns();
  tower.hidden_size = reader.number("hidden_size", 8, kMaxWidth);
  tower.heads = reader.number("num_attention_heads", 1, 128);
  reader.require(tower.hidden_size % tower.heads == 0, "num_attention_heads",
                 "does not divide hidden_size");
  tower.layers = reader.number("num_hidden_layers", 1, 128);
  tower.intermediate_size = reader.number("intermediate_size", 8, 65536);
  tower.layer_norm_eps = reader.number("layer_norm_eps", 1e-12, 1e-2, std::optional(1e-6));
  const std::string activation = reader.text("hidden_act", "gelu_pytorch_tanh");
  reader.require(activation == "gelu_pytorch_tanh" || activation == "gelu", "hidden_act",
                 "must be gelu_pytorch_tanh or gelu");
  tower.tanh_gelu = activation == "gelu_pytorch_tanh";
  tower.rotary = reader.flag("rotary");
  reader.require(!tower.rotary || tower.head_size() % 4 == 0, "num_attention_heads",
                 "must leave a multiple of 4 channels a head for rotary");
  tower.rope_theta = reader.number("rope_theta", 1.0, 1e9, std::optional(10000.0));
  tower.tap_layers = reader.numbers<int>("tap_layers", 1, kMaxLevels, 1, tower.layers);
  reader.require(std::ranges::adjacent_find(tower.tap_layers, std::ranges::greater_equal()) ==
                     tower.tap_layers.end(),
                 "tap_layers", "must rise");
  config.picture.mean = reader.numbers<double>("image_mean", 3, 3, -1e3, 1e3);
  config.picture.std = reader.numbers<double>("image_std", 3, 3, 1e-3, 1e3);
  config.picture.crop_contrast = reader.number("crop_contrast", 0.0, 127.0, std::optional(0.0));
}

void read_fusion(ConfigReader& reader, ModelConfig& config) {
  FusionConfig& fusion = config.fusion;
  fusion.projection_size = reader.number("projection_size", 0, kMaxWidth, std::optional(0));
  fusion.output_size = reader.number("output_size", 0, kMaxWidth, std::optional(0));
  reader.require(fusion.output_size == 0 || fusion.projection_size > 0, "output_size",
                 "needs a projection_size above 0");
  const std::string kind = reader.text("fusion", "gated");
  reader.require(kind == "gated" || kind == "concat", "fusion", "must be gated or concat");
  fusion.kind = kind == "concat" ? FusionKind::kConcat : FusionKind::kGated;
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
  if (reader.has("mrope_amplitude")) {
    const auto amplitude = reader.numbers<double>("mrope_amplitude", 3, 3, 0, 1);
    std::copy_n(amplitude.begin(), 3, match.mrope_amplitude.begin());
  }
  match.attention_scale = reader.number("attention_scale", 0.0, 1e3);
  const auto levels = static_cast<size_t>(config.levels());
  match.level_bias = reader.numbers<float>("level_bias", levels, levels, -1e3F, 1e3F);
  match.level_gap_slope = reader.numbers<float>("level_gap_slope", levels, levels, -1e3F, 1e3F);
  match.scale = reader.number("scale", 1e-3F, 1e3F);
  match.offset = reader.number("offset", -10.0F, 10.0F);
}

}  // namespace

Status read_identity(const json& object, ModelConfig& config) {
  ConfigReader reader(object);
  read_fusion(reader, config);
  const json& match = reader.object("match", /*required=*/true);
  if (!reader.status().ok()) return reader.status();
  ConfigReader match_reader(match);
  read_match(match_reader, config);
  return match_reader.status();
}

Status read_deepstack_vit(const json& object, ModelConfig& config) {
  ConfigReader reader(object);
  const std::string version = reader.text("version", "");
  config.name = reader.text("name", config.name) + (version.empty() ? "" : " " + version);
  read_tower(reader, config);
  if (!reader.status().ok()) return reader.status();
  return read_identity(object, config);
}

Status read_head(const std::filesystem::path& folder, ModelConfig& config) {
  const std::filesystem::path path = folder / "config.json";
  Result<JsonTree> object = read_json_object(path);
  if (!object.ok()) return in_file(path, object.status());
  ConfigReader reader(**object);
  const std::string type = reader.text("model_type", "");
  if (type != "deepstack_head") {
    return in_file(path, corrupt("model_type is '" + type + "', a head is deepstack_head"));
  }
  const int width = reader.number("hidden_size", 8, kMaxWidth);
  reader.require(width == config.tower.hidden_size, "hidden_size",
                 "is " + std::to_string(width) + ", the model's is " +
                     std::to_string(config.tower.hidden_size));
  const int levels = reader.number("levels", 1, static_cast<int>(kMaxLevels));
  reader.require(
      levels == config.levels(), "levels",
      "is " + std::to_string(levels) + ", the model has " + std::to_string(config.levels()));
  config.head = folder;
  const std::string name = reader.text("name", folder.filename().string());
  if (!reader.status().ok()) return in_file(path, reader.status());
  config.name += " + " + name;
  return in_file(path, read_identity(**object, config));
}

}  // namespace deepstack
