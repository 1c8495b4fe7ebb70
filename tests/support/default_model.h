// DefaultModel: the model of samples/model/default, and reference.safetensors beside it: what the
// PyTorch model that it was exported from says of two seeded pictures
// (samples/model/train/export.py).
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/model/picture_rows.h"
#include "core/model/vision_model.h"

namespace deepstack::test {

class DefaultModel {
 public:
  static const std::filesystem::path& folder() {
    static const std::filesystem::path kFolder = DEEPSTACK_SOURCE_DIR "/samples/model/default";
    return kFolder;
  }

  DefaultModel()
      : model_(*VisionModel::load(
            {.folder = folder(), .device = "cpu", .precision = Precision::kFp32}, false)),
        reference_(*Safetensors::open(folder() / "reference.safetensors")),
        config(model_->config),
        tower(model_->tower),
        fusion(model_->fusion) {}

  // What the tower says of pictures [N, 3, H, W] uint8 of one size.
  TowerOutput look(const at::Tensor& images, bool with_last) const {
    const at::Tensor packed = images.permute({0, 2, 3, 1}).unsqueeze(1);
    const std::vector<Grid> grids(static_cast<size_t>(images.size(0)),
                                  grid_of(1, images.size(2), images.size(3), config.tower));
    return tower.forward(to_rows(packed, config), grids, with_last);
  }

  // The same numbers by picture: [N, T, C].
  static at::Tensor by_picture(const at::Tensor& tokens, int64_t pictures) {
    return tokens.view({pictures, tokens.size(0) / pictures, -1});
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

 private:
  const std::shared_ptr<const VisionModel> model_;
  const Safetensors reference_;

 public:
  const ModelConfig& config;
  const VisionTower& tower;
  const DeepStackFusion& fusion;
};

// Compares with a limit on the largest difference, which grows with numbers above 1.
inline void expect_close(const at::Tensor& mine, const at::Tensor& reference, const char* what) {
  constexpr double kTolerance = 1e-4;
  ASSERT_EQ(mine.sizes(), reference.sizes()) << what;
  EXPECT_TRUE(at::allclose(mine, reference, kTolerance, kTolerance))
      << what << " differs by " << (mine - reference).abs().max().item<float>();
}

}  // namespace deepstack::test
