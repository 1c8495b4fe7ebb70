// TinyModel: a deepstack_vit of a few numbers with seeded weights, written to a folder, to be
// spoiled.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/safetensors_file.h"
#include "tests/support/temp_folder.h"

namespace deepstack::test {

struct TinyTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;
};

class TinyModel {
 public:
  TinyModel() {
    add("patch_embed.proj.weight", {8, 3, 4, 4});
    add("patch_embed.proj.bias", {8});
    add("pos_embed.weight", {8, 8});
    for (int block = 0; block < 3; ++block) {
      const std::string prefix = "blocks." + std::to_string(block) + ".";
      add_layer(prefix + "norm1", {8});
      add_layer(prefix + "attn.qkv", {24, 8});
      add_layer(prefix + "attn.proj", {8, 8});
      add_layer(prefix + "norm2", {8});
      add_layer(prefix + "mlp.linear_fc1", {8, 8});
      add_layer(prefix + "mlp.linear_fc2", {8, 8});
    }
    add_layer("norm", {8});
    for (int level = 0; level < 2; ++level) {
      const std::string prefix = "adapters." + std::to_string(level) + ".";
      add_layer(prefix + "linear", {6, 8});
      add_layer(prefix + "norm", {6});
    }
    add_layer("gate", {2, 6});
    add_layer("fusion_norm", {6});
  }

  // Writes config.json and model.safetensors as they are now.
  void write(const TempFolder& folder) const {
    SafetensorsWriter writer;
    for (const auto& [name, tensor] : tensors) writer.add(name, tensor.shape, tensor.values);
    folder.write("model.safetensors", writer.bytes());
    folder.write("config.json", config.dump());
  }

  std::map<std::string, TinyTensor> tensors;
  nlohmann::json config = nlohmann::json::parse(R"({
    "model_type": "deepstack_vit", "name": "tiny", "image_size": [16, 8], "patch_size": 4,
    "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 3, "intermediate_size": 8,
    "rotary": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
    "tap_layers": [1, 2], "projection_size": 6, "pool": [4, 2],
    "match": {"mrope_section": [1, 1, 1], "mrope_theta": 1e4, "mrope_rate": 1,
              "attention_scale": 16, "level_bias": [0, 0], "level_gap_slope": [0, 0],
              "scale": 10, "offset": 0.5}})");

 private:
  void add_layer(const std::string& name, const std::vector<int64_t>& weight_shape) {
    add(name + ".weight", weight_shape);
    add(name + ".bias", {weight_shape[0]});
  }
  void add(const std::string& name, const std::vector<int64_t>& shape) {
    size_t count = 1;
    for (const int64_t size : shape) count *= static_cast<size_t>(size);
    TinyTensor tensor{shape, std::vector<float>(count)};
    for (float& value : tensor.values) value = normal_(random_);
    tensors[name] = std::move(tensor);
  }

  std::mt19937 random_{17};
  std::normal_distribution<float> normal_{0, 0.5F};
};

}  // namespace deepstack::test
