// DefaultModel: the model of samples/model/default, and reference.safetensors beside it: what the
// PyTorch model that it was exported from says of two seeded pictures
// (samples/model/train/export.py).
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/model/deepstack_fusion.h"
#include "core/model/vision_tower.h"

namespace deepstack::test {

class DefaultModel {
 public:
  static const std::filesystem::path& folder() {
    static const std::filesystem::path kFolder = DEEPSTACK_SOURCE_DIR "/samples/model/default";
    return kFolder;
  }

  DefaultModel()
      : config(*read_model_config(folder())),
        weights_(*Safetensors::open(folder() / "model.safetensors")),
        reference_(*Safetensors::open(folder() / "reference.safetensors")) {
    WeightReader reader(weights_);
    tower = VisionTower::load(config, reader, at::kCPU);
    fusion = DeepStackFusion::load(config, reader, at::kCPU);
    EXPECT_TRUE(reader.status().ok()) << reader.status().message();
  }

  // A tensor of the reference as it is stored.
  at::Tensor reference(const std::string& name) const {
    const auto found = reference_.entries().find(name);
    if (found == reference_.entries().end()) {
      ADD_FAILURE() << "reference.safetensors has no " << name;
      return {};
    }
    const TensorEntry& entry = found->second;
    const at::ScalarType type = entry.type == TensorType::kU8 ? at::kByte : at::kFloat;
    at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(type));
    EXPECT_EQ(tensor.nbytes(), entry.end - entry.begin) << name;
    EXPECT_TRUE(reference_.read(entry, tensor.mutable_data_ptr()).ok());
    return tensor;
  }

  ModelConfig config;
  VisionTower tower;
  DeepStackFusion fusion;

 private:
  const Safetensors weights_;
  const Safetensors reference_;
};

// Compares with a limit on the largest difference, which grows with numbers above 1.
inline void expect_close(const at::Tensor& mine, const at::Tensor& reference, const char* what) {
  constexpr double kTolerance = 1e-4;
  ASSERT_EQ(mine.sizes(), reference.sizes()) << what;
  EXPECT_TRUE(at::allclose(mine, reference, kTolerance, kTolerance))
      << what << " differs by " << (mine - reference).abs().max().item<float>();
}

}  // namespace deepstack::test
