// HeadWriter: a head (docs/model-format.md) as a folder that appears whole or not at all.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/model/host_tensor.h"
#include "core/model/model_config.h"
#include "core/status.h"

namespace deepstack {

struct Head {
  nlohmann::json config;  // config.json
  HostTensors tensors;    // model.safetensors
};

// The config of a head for the model that config is of, matched with match.
nlohmann::json head_config(const ModelConfig& config, const std::string& name,
                           const MatchParameters& match);

// Ok when write_head() could write there: nothing is there, an empty folder, or a head, which it
// replaces. kInvalid otherwise.
Status check_head_folder(const std::filesystem::path& folder);

// Writes config.json and model.safetensors to a folder beside it, flushes them to the disk and puts
// the folder in place in one step; a writer that is killed leaves what was there before, and at
// most FOLDER.part<pid>. kUnavailable names the file and the reason.
Status write_head(const Head& head, const std::filesystem::path& folder);

}  // namespace deepstack
