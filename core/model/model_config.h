// ModelConfig: what the config files of a model folder say, checked. Two families:
//   deepstack_vit  ours; docs/model-format.md
//   qwen3_vl       the vision half of Qwen3-VL as published on Hugging Face (config.json,
//                  preprocessor_config.json); its identity head may come from a second folder
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity/match_parameters.h"
#include "core/status.h"

namespace deepstack {

// A Vision Transformer with taps.
struct TowerConfig {
  int patch_size = 0;
  int temporal_patch = 1;       // frames in a patch
  bool convolves_time = false;  // the patch embedding's weight has an axis for them
  int hidden_size = 0;          // D
  int heads = 0;
  int layers = 0;
  int intermediate_size = 0;
  int table_rows = 0;  // of the learned position table
  int table_columns = 0;
  double layer_norm_eps = 1e-6;
  bool rotary = false;  // 2-D rotary embedding on queries and keys, beside the position table
  double rope_theta = 10000;
  bool tanh_gelu = true;   // hidden_act gelu_pytorch_tanh; else gelu (erf)
  bool final_norm = true;  // a LayerNorm after the last block
  int merge = 1;           // tokens come in blocks of merge x merge, in raster order inside a block
  std::vector<int> tap_layers;  // a level is taken after this many blocks, ascending

  int head_size() const { return hidden_size / heads; }
  int levels() const { return static_cast<int>(tap_layers.size()); }
};

// Qwen3-VL's patch mergers: 2 x 2 tokens to one of the language model's width.
struct MergerConfig {
  int output_size = 0;         // 0: the model has none
  std::vector<int> deepstack;  // for each level its merger's place in deepstack_merger_list
};

enum class FusionKind { kGated, kConcat };

// Adapters and gate over the levels.
struct FusionConfig {
  FusionKind kind = FusionKind::kGated;
  int projection_size = 0;  // width of a level after its adapter; 0: no adapters in the file
  int output_size = 0;      // width after a last Linear on the fused feature; 0: none
};

// How pictures become pixel values.
struct PictureConfig {
  int crop_height = 0;  // pixels a box is resized to
  int crop_width = 0;
  bool bicubic = false;  // Pillow's, as Qwen3-VL was trained; else area average / bilinear
  double crop_contrast = 0;  // deviation every channel of a picture is set to; 0: left as it is
  int64_t min_pixels = 1;
  int64_t max_pixels = int64_t{1} << 40;
  std::vector<double> mean;  // of values 0..1
  std::vector<double> std;
};

// How a clip becomes pixel values (Qwen3-VL's video processor).
struct ClipConfig {
  int64_t min_pixels = 4096;  // of the whole clip
  int64_t max_pixels = 25165824;
  double fps = 2;
  int min_frames = 4;
  int max_frames = 768;
  bool cap_per_frame = false;  // each frame's share of the pixels is limited, too
};

// The language model's rotary embedding, for position ids and angles.
struct TextRopeConfig {
  int head_size = 0;
  double theta = 0;
  std::array<int, 3> section{};
  double yarn_factor = 0;  // 0: none
  int64_t yarn_original_positions = 0;
  int64_t image_token = -1;
  int64_t video_token = -1;
};

struct ModelConfig {
  std::string name;  // "name" and "version" of the file, or the folder's name
  TowerConfig tower;
  MergerConfig merger;
  FusionConfig fusion;
  PictureConfig picture;
  ClipConfig clip;
  std::optional<TextRopeConfig> text_rope;
  std::filesystem::path head;  // folder of the fusion's weights when they are not the model's own
  int pool_rows = 4;           // grid over a detection: rows x columns tokens
  int pool_columns = 2;
  MatchParameters match;

  int levels() const { return tower.levels(); }
  int level_width() const {
    return fusion.projection_size > 0 ? fusion.projection_size : tower.hidden_size;
  }
  int crop_rows() const { return picture.crop_height / tower.patch_size; }
  int crop_columns() const { return picture.crop_width / tower.patch_size; }
};

// Reads folder/config.json and what belongs to it, and the head's config.json when head is not
// empty. The error names the file, the key, its value and what is allowed.
Result<ModelConfig> read_model_config(const std::filesystem::path& folder,
                                      const std::filesystem::path& head = {});

// The same of the text of a config.json, as if it lay in folder.
Result<ModelConfig> parse_model_config(std::string_view text, const std::filesystem::path& folder);

}  // namespace deepstack
