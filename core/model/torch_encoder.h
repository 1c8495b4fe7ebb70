// TorchEncoder: the Encoder on LibTorch, CPU or CUDA. Crops or the whole frame go through the tower
// once; the adapted levels, gates and the fused feature are pooled over each box.
//
// Everything LibTorch or OpenCV throws ends here and becomes a Status. One frame is encoded at a time
// (a mutex): streams that share a model take turns.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include <ATen/ATen.h>

#include "core/encoder.h"
#include "core/model/deepstack_fusion.h"
#include "core/model/model_config.h"
#include "core/model/vision_tower.h"

namespace deepstack {

class TorchEncoder final : public Encoder {
 public:
  // Reads folder (config.json, model.safetensors). device: auto | cpu | cuda | cuda:N.
  static Result<std::unique_ptr<TorchEncoder>> load(const std::filesystem::path& folder,
                                                    const std::string& device,
                                                    InferenceRegion region, int batch_size);

  const ModelInfo& info() const override { return info_; }
  Result<std::vector<Feature>> encode(const cv::Mat& rgb, std::span<const Box> boxes) override;

 private:
  // Levels, gates and fused feature, each pooled: [L, K, T, H], [K, T, L], [K, T, H] on the CPU.
  struct Pooled {
    at::Tensor levels, gates, fused;
  };

  TorchEncoder(ModelConfig config, at::Device device, InferenceRegion region, int batch_size);

  at::Tensor crops(const cv::Mat& rgb, std::span<const Box> boxes) const;  // [K, 3, H, W] uint8
  Pooled encode_batch(const at::Tensor& images) const;
  Pooled encode_crops(const cv::Mat& rgb, std::span<const Box> boxes) const;
  Pooled encode_frame(const cv::Mat& rgb, std::span<const Box> boxes) const;
  std::vector<Feature> split(const Pooled& pooled, std::span<const Box> boxes) const;

  const ModelConfig config_;
  const at::Device device_;
  const InferenceRegion region_;
  const int batch_size_;
  ModelInfo info_;
  VisionTower tower_;
  DeepStackFusion fusion_;
  std::mutex mutex_;
};

}  // namespace deepstack
