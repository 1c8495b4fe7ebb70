// TorchEncoder: the Encoder on LibTorch, CPU or CUDA. Crops or the whole frame go through the tower
// once, as deep as is asked for; the adapted levels, gates and the fused feature are pooled over each
// box (TowerPass).
//
// Everything LibTorch or OpenCV throws ends here and becomes a Status. One frame is encoded at a
// time (a mutex): streams that share a model take turns.
#pragma once

#include <memory>
#include <mutex>

#include "core/encoder.h"
#include "core/model/model_source.h"
#include "core/model/tower_pass.h"
#include "core/model/vision_model.h"

namespace deepstack {

class TorchEncoder final : public Encoder {
 public:
  static Result<std::unique_ptr<TorchEncoder>> load(const ModelSource& source,
                                                    InferenceRegion region, int batch_size);

  const ModelInfo& info() const override { return info_; }
  Result<std::vector<Feature>> encode(const EncoderFrame& frame,
                                      std::span<const Box> boxes) override;
  Result<std::vector<Feature>> encode_adaptively(const EncoderFrame& frame,
                                                 std::span<const Box> boxes,
                                                 const GoDeeper& go_deeper) override;

 private:
  TorchEncoder(std::shared_ptr<const VisionModel> model, InferenceRegion region, int batch_size);

  Result<std::vector<Feature>> run(TowerPass& pass, size_t boxes, const GoDeeper& go_deeper) const;

  const std::shared_ptr<const VisionModel> model_;
  const InferenceRegion region_;
  const int batch_size_;
  ModelInfo info_;
  std::mutex mutex_;
};

}  // namespace deepstack
