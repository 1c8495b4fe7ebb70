// Any text as model.safetensors.index.json: the names that come out are those of files in the
// folder.
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/model/weight_index.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  using test::require;
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const Result<WeightIndex> index = parse_weight_index(text);
  if (!index.ok()) {
    require(index.status().code() == StatusCode::kCorrupt, "the code is right");
    return 0;
  }
  for (const std::string& shard : index->shards) {
    require(std::filesystem::path(shard).filename() == shard, "a shard is a plain name");
    require(shard.ends_with(".safetensors"), "a shard is a safetensors file");
  }
  const auto parsed = nlohmann::json::parse(text);
  require(parsed["weight_map"].size() == index->shard_of.size(), "every tensor is there");
  for (const auto& [name, shard] : index->shard_of) {
    require(parsed["weight_map"][name] == index->shards.at(shard), "the shard is the right one");
  }
  return 0;
}
