// The config files of Qwen3-VL as published: transformers' Qwen3VLConfig and the two processors'.
#include <algorithm>
#include <cmath>

#include "core/model/config_families.h"

namespace deepstack {
namespace {

using nlohmann::json;

// Crops of boxes are portrait for people; the published model has no fixed picture size.
constexpr int kCropHeight = 256;
constexpr int kCropWidth = 128;
constexpr size_t kMaxLevels = 8;

void read_tower(ConfigReader& reader, ModelConfig& config) {
  TowerConfig& tower = config.tower;
  tower.layers = reader.number("depth", 1, 128);
  tower.hidden_size = reader.number("hidden_size", 8, 8192);
  tower.heads = reader.number("num_heads", 1, 128);
  reader.require(tower.hidden_size % tower.heads == 0, "num_heads", "does not divide hidden_size");
  reader.require(tower.head_size() % 4 == 0, "num_heads",
                 "must leave a multiple of 4 channels a head for the rotary embedding");
  tower.intermediate_size = reader.number("intermediate_size", 8, 65536);
  tower.patch_size = reader.number("patch_size", 1, 64);
  tower.convolves_time = true;
  tower.temporal_patch = reader.number("temporal_patch_size", 1, 8, std::optional(2));
  tower.merge = reader.number("spatial_merge_size", 1, 8, std::optional(2));
  reader.number("in_channels", 3, 3, std::optional(3));
  const int positions = reader.number("num_position_embeddings", 1, 1 << 20);
  const int side = static_cast<int>(std::lround(std::sqrt(positions)));
  reader.require(side * side == positions, "num_position_embeddings", "must be a square number");
  tower.table_rows = side;
  tower.table_columns = side;
  const std::string activation = reader.text("hidden_act", "gelu_pytorch_tanh");
  reader.require(activation == "gelu_pytorch_tanh" || activation == "gelu", "hidden_act",
                 "must be gelu_pytorch_tanh or gelu");
  tower.tanh_gelu = activation == "gelu_pytorch_tanh";
  tower.rotary = true;
  tower.final_norm = false;  // the main merger's norm plays that part
  config.merger.output_size = reader.number("out_hidden_size", 8, 32768);
}

// Levels in rising order of their layer; merger k belongs to the k-th entry of the list as written.
void read_levels(ConfigReader& reader, ModelConfig& config) {
  std::vector<int> indexes;
  if (reader.has("deepstack_visual_indexes")) {
    indexes =
        reader.numbers<int>("deepstack_visual_indexes", 0, kMaxLevels, 0, config.tower.layers - 1);
  }
  std::vector<std::pair<int, int>> levels;
  for (size_t k = 0; k < indexes.size(); ++k) levels.emplace_back(indexes[k], static_cast<int>(k));
  std::ranges::sort(levels);
  reader.require(
      std::ranges::adjacent_find(levels, {}, &std::pair<int, int>::first) == levels.end(),
      "deepstack_visual_indexes", "has a layer twice");
  for (const auto& [layer, merger] : levels) {
    config.tower.tap_layers.push_back(layer + 1);
    config.merger.deepstack.push_back(merger);
  }
  // Later models ship the tower with an empty list: what is left is the last block.
  if (levels.empty()) config.tower.tap_layers.push_back(config.tower.layers);
}

// Rope settings sit in rope_parameters (transformers 5) or in rope_scaling and rope_theta (4.57).
Status read_text_rope(const json& whole, const json& text, ModelConfig& config) {
  ConfigReader reader(text);
  TextRopeConfig rope;
  rope.head_size = reader.number("head_dim", 2, 1024, std::optional(128));
  const bool parameters = reader.has("rope_parameters");
  const json& settings = reader.object(parameters ? "rope_parameters" : "rope_scaling", false);
  ConfigReader nested(settings);
  ConfigReader& holder = parameters ? nested : reader;
  rope.theta = holder.number("rope_theta", 1.0, 1e12, std::optional(5e6));
  if (nested.has("mrope_section")) {
    const auto section = nested.numbers<int>("mrope_section", 3, 3, 0, 1024);
    std::copy_n(section.begin(), 3, rope.section.begin());
  } else {
    rope.section = {24, 20, 20};
  }
  nested.require(2 * (rope.section[0] + rope.section[1] + rope.section[2]) == rope.head_size,
                 "mrope_section", "must sum to half of head_dim");
  if (nested.text("rope_type", nested.text("type", "default")) == "yarn") {
    rope.yarn_factor = nested.number("factor", 1.0, 1e3);
    rope.yarn_original_positions = nested.number<int64_t>(
        "original_max_position_embeddings", 1, int64_t{1} << 40, std::optional<int64_t>(262144));
  }
  ConfigReader tokens(whole);
  rope.image_token =
      tokens.number<int64_t>("image_token_id", 0, 1 << 30, std::optional<int64_t>(151655));
  rope.video_token =
      tokens.number<int64_t>("video_token_id", 0, 1 << 30, std::optional<int64_t>(151656));
  for (const ConfigReader* part : {&reader, &nested, &tokens}) {
    if (!part->status().ok()) return part->status();
  }
  config.text_rope = rope;
  return {};
}

// The pixel budget of a processor: size {shortest_edge, longest_edge}, or min_pixels and
// max_pixels.
void read_budget(ConfigReader& reader, int64_t& lowest, int64_t& highest) {
  constexpr int64_t kMost = int64_t{1} << 40;
  const json& size = reader.object("size", false);
  ConfigReader edges(size);
  lowest = edges.number<int64_t>("shortest_edge", 1, kMost, std::optional(lowest));
  highest = edges.number<int64_t>("longest_edge", 1, kMost, std::optional(highest));
  reader.require(edges.status().ok(), "size", edges.status().message());
  if (reader.has("min_pixels") && !size.contains("shortest_edge")) {
    lowest = reader.number<int64_t>("min_pixels", 1, kMost);
  }
  if (reader.has("max_pixels") && !size.contains("longest_edge")) {
    highest = reader.number<int64_t>("max_pixels", 1, kMost);
  }
  reader.require(lowest <= highest, "size", "has a shortest_edge above its longest_edge");
}

// A processor's file speaks of the same patches as the model, or it belongs to another.
void require_patches(ConfigReader& reader, const TowerConfig& tower) {
  const std::pair<const char*, int> known[] = {{"patch_size", tower.patch_size},
                                               {"temporal_patch_size", tower.temporal_patch},
                                               {"merge_size", tower.merge}};
  for (const auto& [key, value] : known) {
    const int stated = reader.number(key, 1, 64, std::optional(value));
    reader.require(stated == value, key,
                   "is " + std::to_string(stated) + ", the model's is " + std::to_string(value));
  }
}

// Reads one processor's file with read(reader) when it is there.
template <typename Read>
Status read_processor(const std::filesystem::path& path, const TowerConfig& tower, Read read) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  Result<JsonTree> object = read_json_object(path);
  if (!object.ok()) return in_file(path, object.status());
  ConfigReader reader(**object);
  require_patches(reader, tower);
  read(reader);
  return in_file(path, reader.status());
}

Status read_pictures(const std::filesystem::path& folder, ModelConfig& config) {
  PictureConfig& picture = config.picture;
  picture.bicubic = true;
  picture.min_pixels = 65536;
  picture.max_pixels = 16777216;
  picture.mean = {0.5, 0.5, 0.5};
  picture.std = {0.5, 0.5, 0.5};
  const int unit = config.tower.patch_size * config.tower.merge;
  picture.crop_height = std::max(1, kCropHeight / unit) * unit;
  picture.crop_width = std::max(1, kCropWidth / unit) * unit;
  return read_processor(folder / "preprocessor_config.json", config.tower,
                        [&](ConfigReader& reader) {
                          read_budget(reader, picture.min_pixels, picture.max_pixels);
                          if (reader.has("image_mean")) {
                            picture.mean = reader.numbers<double>("image_mean", 3, 3, -1e3, 1e3);
                          }
                          if (reader.has("image_std")) {
                            picture.std = reader.numbers<double>("image_std", 3, 3, 1e-3, 1e3);
                          }
                          reader.require(reader.number("resample", 0, 5, std::optional(3)) == 3,
                                         "resample", "must be 3 (bicubic)");
                        });
}

Status read_clips(const std::filesystem::path& folder, ModelConfig& config) {
  ClipConfig& clip = config.clip;
  return read_processor(
      folder / "video_preprocessor_config.json", config.tower, [&](ConfigReader& reader) {
        read_budget(reader, clip.min_pixels, clip.max_pixels);
        clip.cap_per_frame =
            reader.has("cap_pixels_per_frame") && reader.flag("cap_pixels_per_frame");
        clip.fps = reader.number("fps", 1e-3, 1e3, std::optional(clip.fps));
        clip.min_frames = reader.number("min_frames", 1, 1 << 20, std::optional(clip.min_frames));
        clip.max_frames = reader.number("max_frames", 1, 1 << 20, std::optional(clip.max_frames));
      });
}

// Without a head nobody has calibrated how levels compare; half a level's channels turn in the
// proportions of the language model's sections.
void set_untrained_match(ModelConfig& config) {
  const int half = config.level_width() / 2;
  const int side = half * 20 / 64;
  config.match.mrope_section = {half - 2 * side, side, side};
  config.match.level_bias.assign(static_cast<size_t>(config.levels()), 0.0F);
  config.match.level_gap_slope.assign(static_cast<size_t>(config.levels()), 0.0F);
}

}  // namespace

Status read_qwen3_vl(const json& object, const std::filesystem::path& folder, ModelConfig& config) {
  const std::filesystem::path path = folder / "config.json";
  ConfigReader whole(object);
  const bool alone = !whole.has("vision_config");
  ConfigReader reader(alone ? object : whole.object("vision_config", true));
  if (!whole.status().ok()) return in_file(path, whole.status());
  read_tower(reader, config);
  if (reader.status().ok()) read_levels(reader, config);
  if (!reader.status().ok()) return in_file(path, reader.status());
  if (whole.has("text_config")) {
    const Status status = read_text_rope(object, whole.object("text_config", true), config);
    if (!whole.status().ok()) return in_file(path, whole.status());
    if (!status.ok()) return in_file(path, status);
  }
  set_untrained_match(config);
  if (Status status = read_pictures(folder, config); !status.ok()) return status;
  return read_clips(folder, config);
}

}  // namespace deepstack
