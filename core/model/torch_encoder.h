// TorchEncoder: the Encoder on LibTorch, CPU or CUDA. Crops or the whole frame go through the tower
// once; the adapted levels, gates and the fused feature are pooled over each box.
//
// Everything LibTorch or OpenCV throws ends here and becomes a Status. One frame is encoded at a
// time (a mutex): streams that share a model take turns.
#pragma once

#include <memory>
#include <mutex>

#include <ATen/ATen.h>

#include "core/encoder.h"
#include "core/model/model_source.h"
#include "core/model/vision_model.h"

namespace deepstack {

class TorchEncoder final : public Encoder {
 public:
  static Result<std::unique_ptr<TorchEncoder>> load(const ModelSource& source,
                                                    InferenceRegion region, int batch_size);

  const ModelInfo& info() const override { return info_; }
  Result<std::vector<Feature>> encode(const EncoderFrame& frame,
                                      std::span<const Box> boxes) override;

 private:
  // Levels, gates and fused feature, each pooled: [L, K, T, H], [K, T, L], [K, T, H] on the CPU.
  struct Pooled {
    at::Tensor levels, gates, fused;
  };

  TorchEncoder(std::shared_ptr<const VisionModel> model, InferenceRegion region, int batch_size);

  at::Tensor crops(const EncoderFrame& frame, std::span<const Box> boxes) const;
  FusedLevels run(const at::Tensor& images, const Grid& grid) const;
  Pooled encode_batch(const at::Tensor& images) const;
  Pooled encode_crops(const EncoderFrame& frame, std::span<const Box> boxes) const;
  Result<Pooled> encode_frame(const EncoderFrame& frame, std::span<const Box> boxes) const;
  std::vector<Feature> split(const Pooled& pooled, std::span<const Box> boxes) const;

  const std::shared_ptr<const VisionModel> model_;
  const InferenceRegion region_;
  const int batch_size_;
  ModelInfo info_;
  std::mutex mutex_;
};

}  // namespace deepstack
