// Any text as config.json: what is let through keeps the promises that the tower is built upon.
#include "core/model/model_config.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  using test::require;
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const Result<ModelConfig> config = parse_model_config(text, "no/such/folder");
  if (!config.ok()) {
    require(config.status().code() == StatusCode::kCorrupt, "the code is right");
    require(config.status().message().find('\n') == std::string::npos, "it is one line");
    return 0;
  }
  const TowerConfig& tower = config->tower;
  require(tower.patch_size > 0 && tower.heads > 0 && config->levels() > 0, "sizes are positive");
  require(tower.table_rows > 0 && tower.table_columns > 0, "there is a position table");
  require(config->crop_rows() > 0 && config->crop_columns() > 0, "a crop has patches");
  require(config->crop_rows() % tower.merge == 0 && config->crop_columns() % tower.merge == 0,
          "and whole blocks of them");
  require(tower.head_size() * tower.heads == tower.hidden_size, "heads fill the width");
  require(!tower.rotary || tower.head_size() % 4 == 0, "two axes turn pairs of channels");
  require(tower.tap_layers.back() <= tower.layers, "levels are taken of blocks there are");
  require(config->merger.deepstack.empty() ||
              config->merger.deepstack.size() == tower.tap_layers.size(),
          "every level has its merger or none has");
  require(config->match.level_bias.size() == static_cast<size_t>(config->levels()),
          "every level has a bias");
  return 0;
}
