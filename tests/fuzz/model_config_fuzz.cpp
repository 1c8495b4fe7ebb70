// Any text as config.json: what is let through keeps the promises that the tower is built upon.
#include "core/model/model_config.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  using test::require;
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  const Result<ModelConfig> config = parse_model_config(text, "folder");
  if (!config.ok()) {
    // What is printable is read_model_config()'s matter: it writes the file's name before.
    require(config.status().code() == StatusCode::kCorrupt, "the code is right");
    return 0;
  }
  require(config->patch_size > 0 && config->heads > 0 && config->levels() > 0,
          "sizes are positive");
  require(config->image_height % config->patch_size == 0, "patches fill the height");
  require(config->image_width % config->patch_size == 0, "patches fill the width");
  require(config->head_size() * config->heads == config->hidden_size, "heads fill the width");
  require(config->tap_layers.back() <= config->layers, "levels are taken of blocks there are");
  require(config->match.level_bias.size() == static_cast<size_t>(config->levels()),
          "every level has a bias");
  return 0;
}
