#include "core/model/model_config.h"

#include <system_error>

#include "core/exhausted.h"
#include "core/model/config_families.h"
#include "core/printable.h"
#include "core/regular_file.h"

namespace deepstack {
namespace {

bool is_folder(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

Status read_family(const nlohmann::json& object, const std::filesystem::path& folder,
                   ModelConfig& config) {
  ConfigReader reader(object);
  const std::string type = reader.text("model_type", "");
  if (type == "deepstack_vit") {
    return in_file(folder / "config.json", read_deepstack_vit(object, config));
  }
  // The mixture-of-experts models have the same tower; a vision config may also stand alone.
  for (const char* known : {"qwen3_vl", "qwen3_vl_vision", "qwen3_vl_moe", "qwen3_vl_moe_vision"}) {
    if (type == known) return read_qwen3_vl(object, folder, config);
  }
  return in_file(folder / "config.json",
                 corrupt("model_type is '" + type + "', deepstack_vit and qwen3_vl are known"));
}

}  // namespace

Status in_file(const std::filesystem::path& path, const Status& status) {
  if (status.ok()) return {};
  return {status.code(), path.string() + ": " + printable(status.message())};
}

Result<ModelConfig> parse_model_config(std::string_view text, const std::filesystem::path& folder) {
  Result<JsonTree> object = parse_json_object(text);
  if (!object.ok()) return in_file(folder / "config.json", object.status());
  ModelConfig config;
  std::error_code error;
  config.name = std::filesystem::absolute(folder, error).lexically_normal().filename();
  if (Status status = read_family(**object, folder, config); !status.ok()) return status;
  return config;
}

Result<ModelConfig> read_model_config(const std::filesystem::path& folder,
                                      const std::filesystem::path& head) {
  return unless_out_of_memory([&]() -> Result<ModelConfig> {
    if (!is_folder(folder)) return not_found(folder.string() + ": no such model folder");
    if (!head.empty() && !is_folder(head)) return not_found(head.string() + ": no such head folder");
    Result<std::string> text = read_text_file(folder / "config.json", kMaxConfigBytes);
    if (!text.ok()) return in_file(folder / "config.json", text.status());
    Result<ModelConfig> config = parse_model_config(*text, folder);
    if (!config.ok() || head.empty()) return config;
    if (Status status = read_head(head, *config); !status.ok()) return status;
    return config;
  });
}

}  // namespace deepstack
