// The readers of the model families behind read_model_config(). Private to core/model.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/model/config_reader.h"
#include "core/model/model_config.h"

namespace deepstack {

// status with the file in front, short and in one line.
Status in_file(const std::filesystem::path& path, const Status& status);

// Our own family: everything is in config.json. The status has no path.
Status read_deepstack_vit(const nlohmann::json& object, ModelConfig& config);

// Qwen3-VL: config.json (whole model, or its vision_config alone), preprocessor_config.json and
// video_preprocessor_config.json of folder when there. The status names the file.
Status read_qwen3_vl(const nlohmann::json& object, const std::filesystem::path& folder,
                     ModelConfig& config);

// A head trained for a tower: folder/config.json of type deepstack_head. The status names the file.
Status read_head(const std::filesystem::path& folder, ModelConfig& config);

// Fusion, pooling grid and matching, the keys that deepstack_vit and deepstack_head share.
// REQUIRES: config.tower has been read.
Status read_identity(const nlohmann::json& object, ModelConfig& config);

}  // namespace deepstack
