// ModelSource: which model, where, and how to compute it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/settings.h"

namespace deepstack {

struct ModelSource {
  std::filesystem::path folder;
  std::filesystem::path head{};  // empty: the model's own fusion, or an untrained one
  std::string device = "auto";   // auto | cpu | cuda | cuda:N
  Precision precision = Precision::kAuto;
  std::optional<uint64_t> random_weights{};  // a seed: only the configs are read
};

// settings' model, head, device and precision; the default model where settings name none.
ModelSource model_source(const Settings& settings);

}  // namespace deepstack
