// FeatureExtractor: everything that a model says of pixel values, stage by stage, as tensors with
// names: what people compare with the model's own library, and what `deepstack features` writes.
// No LibTorch type here. Thread-safe; calls take turns.
#pragma once

#include <memory>
#include <span>

#include <opencv2/core/mat.hpp>

#include "core/model/grid.h"
#include "core/model/host_tensor.h"
#include "core/model/model_config.h"
#include "core/model/model_source.h"
#include "core/status.h"

namespace deepstack {

class FeatureExtractor {
 public:
  virtual ~FeatureExtractor() = default;

  static Result<std::unique_ptr<FeatureExtractor>> open(const ModelSource& source);

  virtual const ModelConfig& config() const = 0;
  virtual const char* precision() const = 0;  // fp32, bf16, fp16

  // pixel_values [N, C * temporal * patch * patch] of any floating type; an entry of grids an item.
  //   last_hidden_state [N, D]; levels.K [N, D] the taps as they are; fused [N, H], gates [N, L];
  //   merged [N / merge^2, O], deepstack.K likewise, for models with mergers. All float.
  // Tokens in the tower's order (blocks of merge x merge). kInvalid: shapes do not fit.
  virtual Result<HostTensors> extract(const HostTensor& pixel_values,
                                      std::span<const Grid> grids) = 0;

  // One item from its frames (one: a picture, shown in every slot of the temporal patch), resized
  // as the model's processor does: pixel_values, and grid_thw [1, 3]. REQUIRES: at least one frame,
  // all CV_8UC3 of one size.
  virtual Result<HostTensors> preprocess(std::span<const cv::Mat> frames) = 0;
};

// grid_thw [K, 3] of whole numbers. The error has no file.
Result<std::vector<Grid>> to_grids(const HostTensor& grid_thw);

}  // namespace deepstack
