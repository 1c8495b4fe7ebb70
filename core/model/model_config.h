// ModelConfig: the config.json of a deepstack_vit model, checked. The tensor names that belong to it
// are in docs/model-format.md.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity/match_parameters.h"
#include "core/status.h"

namespace deepstack {

struct ModelConfig {
  std::string name;  // "name" and "version" of the file, or the folder's name

  int image_height = 0;  // pixels of the picture that the position table was trained for
  int image_width = 0;
  int patch_size = 0;
  int hidden_size = 0;
  int heads = 0;
  int layers = 0;
  int intermediate_size = 0;
  double layer_norm_eps = 1e-6;
  bool rotary = false;  // 2-D rotary embedding on queries and keys, beside the position table
  double rope_theta = 10000;
  bool tanh_gelu = true;  // hidden_act gelu_pytorch_tanh; else gelu (erf)
  std::vector<double> image_mean;
  std::vector<double> image_std;

  std::vector<int> tap_layers;  // a level is taken after this many blocks, ascending
  int projection_size = 0;      // width of a level after its adapter; 0: no adapters in the file
  int pool_rows = 4;            // grid over a detection: rows x columns tokens
  int pool_columns = 2;
  MatchParameters match;

  int grid_rows() const { return image_height / patch_size; }
  int grid_columns() const { return image_width / patch_size; }
  int head_size() const { return hidden_size / heads; }
  int levels() const { return static_cast<int>(tap_layers.size()); }
  int level_width() const { return projection_size > 0 ? projection_size : hidden_size; }
};

// Reads folder/config.json. The error names the file, the key, its value and what is allowed.
Result<ModelConfig> read_model_config(const std::filesystem::path& folder);

// The same of the text of a config.json; the name is folder_name when the text has none.
Result<ModelConfig> parse_model_config(std::string_view text, const std::string& folder_name);

}  // namespace deepstack
