// TapCache: what the frozen tower says of a number of pictures, kept un-pooled in half precision,
// so that adapters and gate can be trained without running the tower again. Bounded by the caller:
// a picture takes bytes_a_picture(). Immutable after fill(); any thread.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include <ATen/ATen.h>
#include <opencv2/core/mat.hpp>

#include "core/model/vision_model.h"

namespace deepstack {

class TapCache {
 public:
  static int64_t bytes_a_picture(const ModelConfig& config);

  // Runs the tower over pictures 0 .. count - 1 (RGB, of any size), batch_size at a time on every
  // core. picture is called from several threads. kExhausted, or kInternal when the library failed.
  static Result<TapCache> fill(const VisionModel& model, size_t count,
                               const std::function<cv::Mat(size_t)>& picture, int batch_size);

  // Taps of some pictures on the CPU, a level [K, rows * columns, D] float in raster order.
  std::vector<at::Tensor> taps(std::span<const int64_t> pictures) const;

  size_t size() const { return size_; }
  int64_t bytes() const;

 private:
  std::vector<at::Tensor> levels_;  // [size, rows * columns, D] half
  size_t size_ = 0;
};

}  // namespace deepstack
