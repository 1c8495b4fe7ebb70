// VisionModel: everything that one model folder holds, loaded on one device in one precision: the
// tower, Qwen3-VL's mergers where they are wanted, and the DeepStack fusion. Immutable; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "core/model/deepstack_fusion.h"
#include "core/model/model_config.h"
#include "core/model/model_source.h"
#include "core/model/patch_mergers.h"
#include "core/model/vision_tower.h"

namespace deepstack {

struct VisionModel {
  // kNotFound, kCorrupt (the file, the tensor, what is wrong), kUnavailable (no such device) or
  // kExhausted.
  static Result<std::shared_ptr<const VisionModel>> load(const ModelSource& source,
                                                         bool with_mergers);

  ModelConfig config;
  std::string sha256;  // of the weights (WeightFiles::sha256); "" for random ones
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;
  VisionTower tower;
  PatchMergers mergers;
  DeepStackFusion fusion;

 private:
  Status read(const ModelSource& source, bool with_mergers);
};

}  // namespace deepstack
