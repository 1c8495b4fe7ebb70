// PictureRows: pixels of a frame as the tower wants them: resized as the model was trained, and cut
// into rows of patches. The temporal patch of a live stream is a frame and the one before it, the
// later one in the last slot as in a clip; a picture without a predecessor stands in every slot, as
// a still image does (Qwen3-VL's image processor).
#pragma once

#include <ATen/ATen.h>
#include <opencv2/core/mat.hpp>

#include "core/encoder.h"
#include "core/model/grid.h"
#include "core/model/model_config.h"

namespace deepstack {

// pixels [h, w] CV_8UC3 -> [1, height, width, 3] uint8.
at::Tensor resize_picture(const cv::Mat& pixels, int height, int width,
                          const PictureConfig& config);

// The same part of the frame and of its predecessor, resized: [1, F, height, width, 3] uint8, F the
// model's temporal patch.
at::Tensor stack_frames(const EncoderFrame& frame, const cv::Rect& part, int height, int width,
                        const ModelConfig& config);

// images [K, F, H, W, 3] uint8 -> rows of patches; what is left beyond whole patches is cut off, as
// a convolution would.
at::Tensor to_rows(const at::Tensor& images, const ModelConfig& config);

// The grid of pictures of this size.
Grid grid_of(int64_t frames, int64_t height, int64_t width, const TowerConfig& config);

// Size in pixels at which a whole frame is looked at: Qwen3-VL's smart_resize, or whole patches,
// and at most max_patches of them. kInvalid for a frame of an extreme aspect.
Result<cv::Size> frame_size(int height, int width, int64_t max_patches, const ModelConfig& config);

}  // namespace deepstack
