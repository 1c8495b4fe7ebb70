#include "core/model/torch_encoder.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "core/model/picture_rows.h"
#include "core/model/precision.h"
#include "core/model/serial_scope.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

// A whole frame is resized to at most this many patches: attention over a frame grows with its
// square.
constexpr int64_t kMaxFramePatches = 1024;
constexpr int64_t kRoiSamples = 2;  // bilinear samples a cell and axis

// The pixels that box covers, outwards to whole ones; empty when it lies outside.
cv::Rect pixels_of(const Box& box, const cv::Mat& rgb) {
  const Box inside = clip(box, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
  const int x = static_cast<int>(std::floor(inside.x));
  const int y = static_cast<int>(std::floor(inside.y));
  const cv::Rect whole(x, y, static_cast<int>(std::ceil(inside.right())) - x,
                       static_cast<int>(std::ceil(inside.bottom())) - y);
  return inside.area() > 0 ? whole & cv::Rect(0, 0, rgb.cols, rgb.rows) : cv::Rect();
}

at::Tensor to_host(const at::Tensor& x) { return x.to(at::kCPU, at::kFloat).contiguous(); }

// Tokens of same-sized pictures [K * rows * columns, C] as maps [K, C, rows, columns] in float.
at::Tensor to_maps(const at::Tensor& tokens, const Grid& grid, int64_t merge) {
  const at::Tensor x = tokens.to(at::kFloat);
  // Blocks of one picture below another's are those of one tall picture.
  const int64_t count = x.size(0) / grid.tokens();
  return to_raster(x, count * grid.rows, grid.columns, merge)
      .view({count, grid.rows, grid.columns, -1})
      .permute({0, 3, 1, 2});
}

// Corners of boxes in cells of a grid over the frame, [K, 4].
at::Tensor corners_of(std::span<const Box> boxes, const cv::Mat& rgb, const Grid& grid) {
  const double cell_x = static_cast<double>(grid.columns) / rgb.cols;
  const double cell_y = static_cast<double>(grid.rows) / rgb.rows;
  at::Tensor corners = at::empty({static_cast<int64_t>(boxes.size()), 4}, at::kFloat);
  auto corner = corners.accessor<float, 2>();
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Box box = clip(boxes[i], static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
    const auto row = static_cast<int64_t>(i);
    corner[row][0] = static_cast<float>(box.x * cell_x);
    corner[row][1] = static_cast<float>(box.y * cell_y);
    corner[row][2] = static_cast<float>(box.right() * cell_x);
    corner[row][3] = static_cast<float>(box.bottom() * cell_y);
  }
  return corners;
}

}  // namespace

TorchEncoder::TorchEncoder(std::shared_ptr<const VisionModel> model, InferenceRegion region,
                           int batch_size)
    : model_(std::move(model)), region_(region), batch_size_(batch_size) {
  const ModelConfig& config = model_->config;
  info_.name = config.name;
  info_.shape = {config.levels(), config.pool_rows, config.pool_columns, config.level_width()};
  info_.match = config.match;
  info_.fusion_trained = model_->fusion.trained();
  info_.precision = precision_name(model_->type);
  info_.looks_back = config.tower.temporal_patch > 1;
}

Result<std::unique_ptr<TorchEncoder>> TorchEncoder::load(const ModelSource& source,
                                                         InferenceRegion region, int batch_size) {
  Result<std::shared_ptr<const VisionModel>> model = VisionModel::load(source, false);
  if (!model.ok()) return model.status();
  return std::unique_ptr<TorchEncoder>(new TorchEncoder(*model, region, batch_size));
}

at::Tensor TorchEncoder::crops(const EncoderFrame& frame, std::span<const Box> boxes) const {
  const ModelConfig& config = model_->config;
  const int height = config.picture.crop_height;
  const int width = config.picture.crop_width;
  std::vector<at::Tensor> images;
  images.reserve(boxes.size());
  for (const Box& box : boxes) {
    const cv::Rect pixels = pixels_of(box, frame.rgb);
    // An empty box is encoded as black and its feature zeroed later: batches keep their order.
    images.push_back(pixels.empty()
                         ? at::zeros({1, config.tower.temporal_patch, height, width, 3}, at::kByte)
                         : stack_frames(frame, pixels, height, width, config));
  }
  return at::cat(images);
}

// images [K, F, H, W, 3] of one size, all of this grid.
FusedLevels TorchEncoder::run(const at::Tensor& images, const Grid& grid) const {
  const std::vector<Grid> grids(static_cast<size_t>(images.size(0)), grid);
  const TowerOutput out = model_->tower.forward(to_rows(images, model_->config), grids, false);
  return model_->fusion.forward(out.taps);
}

TorchEncoder::Pooled TorchEncoder::encode_batch(const at::Tensor& images) const {
  const ModelConfig& config = model_->config;
  const Grid grid = grid_of(images.size(1), images.size(2), images.size(3), config.tower);
  const FusedLevels out = run(images, grid);
  // -> cells of the pooling grid [K, T, C]
  const auto pool = [&](const at::Tensor& tokens) {
    return at::adaptive_avg_pool2d(to_maps(tokens, grid, config.tower.merge),
                                   {config.pool_rows, config.pool_columns})
        .flatten(2)
        .transpose(1, 2);
  };
  const at::Tensor levels = pool(out.levels.flatten(0, 1));
  return {to_host(levels.reshape({out.levels.size(0), images.size(0), levels.size(1), -1})),
          to_host(pool(out.gates)), to_host(pool(out.fused))};
}

TorchEncoder::Pooled TorchEncoder::encode_crops(const EncoderFrame& frame,
                                                std::span<const Box> boxes) const {
  // Shares as even as possible, none above the batch size; one a core where there is no GPU.
  const size_t workers =
      model_->device.is_cpu() ? static_cast<size_t>(std::max(1, cv::getNumThreads())) : 1;
  const size_t largest =
      std::min((boxes.size() + workers - 1) / workers, static_cast<size_t>(batch_size_));
  const size_t shares = (boxes.size() + largest - 1) / largest;
  std::vector<Pooled> pooled(shares);
  const auto encode_share = [&](const cv::Range& range) {
    const c10::InferenceMode inference;
    const SerialScope serial;
    for (int i = range.start; i < range.end; ++i) {
      const size_t first = static_cast<size_t>(i) * largest;
      pooled[static_cast<size_t>(i)] =
          encode_batch(crops(frame, boxes.subspan(first, std::min(largest, boxes.size() - first))));
    }
  };
  cv::parallel_for_({0, static_cast<int>(shares)}, encode_share, static_cast<double>(shares));
  const auto join = [&](at::Tensor Pooled::*part, int64_t dimension) {
    std::vector<at::Tensor> parts;
    for (const Pooled& share : pooled) parts.push_back(share.*part);
    return at::cat(parts, dimension);
  };
  return {join(&Pooled::levels, 1), join(&Pooled::gates, 0), join(&Pooled::fused, 0)};
}

Result<TorchEncoder::Pooled> TorchEncoder::encode_frame(const EncoderFrame& frame,
                                                        std::span<const Box> boxes) const {
  const ModelConfig& config = model_->config;
  const cv::Mat& rgb = frame.rgb;
  const Result<cv::Size> size = frame_size(rgb.rows, rgb.cols, kMaxFramePatches, config);
  if (!size.ok()) return size.status();
  const Grid grid = grid_of(config.tower.temporal_patch, size->height, size->width, config.tower);
  const FusedLevels out =
      run(stack_frames(frame, {0, 0, rgb.cols, rgb.rows}, size->height, size->width, config), grid);
  const at::Tensor corners = corners_of(boxes, rgb, grid).to(model_->device);
  // [L * N, C] -> [K, L, cells, C]
  const auto pool = [&](const at::Tensor& tokens) {
    return roi_pool(to_maps(tokens, grid, config.tower.merge), corners, config.pool_rows,
                    config.pool_columns, kRoiSamples);
  };
  return Pooled{to_host(pool(out.levels.flatten(0, 1)).transpose(0, 1)),
                to_host(pool(out.gates).squeeze(1)), to_host(pool(out.fused).squeeze(1))};
}

std::vector<Feature> TorchEncoder::split(const Pooled& pooled, std::span<const Box> boxes) const {
  std::vector<Feature> features(boxes.size());
  const at::Tensor by_box = pooled.levels.transpose(0, 1).contiguous();  // [K, L, T, H]
  const auto slice = [](const at::Tensor& x, size_t i) {
    const int64_t size = x.numel() / x.size(0);
    const float* first = x.const_data_ptr<float>() + static_cast<int64_t>(i) * size;
    return std::vector<float>(first, first + size);
  };
  for (size_t i = 0; i < boxes.size(); ++i) {
    features[i] = {slice(by_box, i), slice(pooled.gates, i), slice(pooled.fused, i)};
  }
  return features;
}

Result<std::vector<Feature>> TorchEncoder::encode(const EncoderFrame& frame,
                                                  std::span<const Box> boxes) {
  if (boxes.empty()) return std::vector<Feature>{};
  const cv::Mat& rgb = frame.rgb;
  if (rgb.empty() || rgb.type() != CV_8UC3) return invalid("encode needs an RGB picture");
  if (!frame.previous.empty() &&
      (frame.previous.type() != CV_8UC3 || frame.previous.size() != rgb.size())) {
    return invalid("the frame before has another size or type");
  }
  const std::lock_guard lock(mutex_);
  try {
    const c10::InferenceMode inference;
    Result<Pooled> pooled = region_ == InferenceRegion::kRoiList
                                ? Result<Pooled>(encode_crops(frame, boxes))
                                : encode_frame(frame, boxes);
    if (!pooled.ok()) return pooled.status();
    std::vector<Feature> features = split(*pooled, boxes);
    for (size_t i = 0; i < boxes.size(); ++i) {
      if (!pixels_of(boxes[i], rgb).empty()) continue;
      std::fill(features[i].tokens.begin(), features[i].tokens.end(), 0.0F);
      std::fill(features[i].fused.begin(), features[i].fused.end(), 0.0F);
    }
    return features;
  } catch (const c10::OutOfMemoryError& error) {
    return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory");
  } catch (const std::exception& error) {
    return internal(std::string("the model failed: ") + error.what());
  }
}

}  // namespace deepstack
