// WeightIndex: the text of a model.safetensors.index.json, checked:
//   {"metadata": {...}, "weight_map": {"tensor": "model-00001-of-00002.safetensors", ...}}
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

namespace deepstack {

struct WeightIndex {
  std::vector<std::string> shards;         // file names, each once
  std::map<std::string, size_t> shard_of;  // tensor's name -> position in shards
};

// kCorrupt names the key, the value and the limit.
Result<WeightIndex> parse_weight_index(std::string_view text);

}  // namespace deepstack
