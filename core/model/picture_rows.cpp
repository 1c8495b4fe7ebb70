#include "core/model/picture_rows.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "core/frame/crop_contrast.h"
#include "core/frame/smart_resize.h"
#include "deepstack/operators.h"

namespace deepstack {

at::Tensor resize_picture(const cv::Mat& pixels, int height, int width,
                          const PictureConfig& config) {
  if (config.bicubic) {
    const at::Tensor borrowed = at::from_blob(pixels.data, {1, pixels.rows, pixels.cols, 3},
                                              {0, static_cast<int64_t>(pixels.step[0]), 3, 1},
                                              at::TensorOptions().dtype(at::kByte));
    return resize_bicubic(borrowed, height, width);
  }
  // Shrinking averages (no aliasing), growing interpolates; the training script does the same.
  at::Tensor resized = at::empty({1, height, width, 3}, at::kByte);
  cv::Mat target(height, width, CV_8UC3, resized.mutable_data_ptr());
  const bool shrinks = pixels.total() > static_cast<size_t>(height) * static_cast<size_t>(width);
  cv::resize(pixels, target, {width, height}, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  if (config.crop_contrast > 0) set_contrast(target, config.crop_contrast);
  return resized;
}

at::Tensor stack_frames(const EncoderFrame& frame, const cv::Rect& part, int height, int width,
                        const ModelConfig& config) {
  const int64_t slots = config.tower.temporal_patch;
  const at::Tensor now = resize_picture(frame.rgb(part), height, width, config.picture);
  if (slots == 1 || frame.previous.empty()) {
    return now.unsqueeze(1).expand({1, slots, height, width, 3});
  }
  const at::Tensor before = resize_picture(frame.previous(part), height, width, config.picture);
  return at::cat({before.unsqueeze(1).expand({1, slots - 1, height, width, 3}), now.unsqueeze(1)},
                 1);
}

at::Tensor to_rows(const at::Tensor& images, const ModelConfig& config) {
  const int64_t unit = int64_t{config.tower.patch_size} * config.tower.merge;
  const at::Tensor whole =
      images.narrow(2, 0, images.size(2) / unit * unit).narrow(3, 0, images.size(3) / unit * unit);
  return patchify(whole, config.tower.patch_size, config.tower.temporal_patch, config.tower.merge,
                  config.picture.mean, config.picture.std);
}

Grid grid_of(int64_t frames, int64_t height, int64_t width, const TowerConfig& config) {
  const int64_t unit = int64_t{config.patch_size} * config.merge;
  return {frames / config.temporal_patch, height / unit * config.merge,
          width / unit * config.merge};
}

Result<cv::Size> frame_size(int height, int width, int64_t max_patches, const ModelConfig& config) {
  const int patch = config.tower.patch_size;
  if (config.picture.bicubic) {
    const int64_t most = std::min(config.picture.max_pixels, max_patches * patch * patch);
    const Result<PictureSize> size =
        smart_resize({height, width}, {.factor = patch * config.tower.merge,
                                       .min_pixels = std::min(config.picture.min_pixels, most),
                                       .max_pixels = most});
    if (!size.ok()) return size.status();
    return cv::Size(size->width, size->height);
  }
  const double patches = static_cast<double>(height) / patch * width / patch;
  const double shrink = std::min(1.0, std::sqrt(static_cast<double>(max_patches) / patches));
  const auto whole = [&](int side) {
    return patch * std::max(1, static_cast<int>(std::lround(side * shrink / patch)));
  };
  return cv::Size(whole(width), whole(height));
}

}  // namespace deepstack
