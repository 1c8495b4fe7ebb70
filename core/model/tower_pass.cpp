#include "core/model/tower_pass.h"

#include <algorithm>
#include <cmath>

#include <opencv2/core/utility.hpp>

#include "core/model/picture_rows.h"
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

// What comes out of the pooling, by box: [K, L, T, H], [K, T, L], and [K, T, H] if it is fused.
struct Pooled {
  at::Tensor levels, gates, fused;

  Feature feature(size_t box) const {
    const auto slice = [box](const at::Tensor& x) {
      if (!x.defined()) return std::vector<float>();
      const int64_t size = x.numel() / x.size(0);
      const float* first = x.const_data_ptr<float>() + static_cast<int64_t>(box) * size;
      return std::vector<float>(first, first + size);
    };
    return {slice(levels), slice(gates), slice(fused)};
  }
};

class BoxPass : public TowerPass {
 protected:
  BoxPass(const VisionModel& model, const EncoderFrame& frame, std::span<const Box> boxes)
      : model_(model), frame_(frame), boxes_(boxes) {}

  // A box that shows nothing of the frame has a zero feature.
  void write(const Pooled& pooled, size_t place, size_t box, std::vector<Feature>& features) const {
    features[box] = pooled.feature(place);
    if (!pixels_of(boxes_[box], frame_.rgb).empty()) return;
    std::fill(features[box].tokens.begin(), features[box].tokens.end(), 0.0F);
    std::fill(features[box].fused.begin(), features[box].fused.end(), 0.0F);
  }

  const VisionModel& model_;
  const EncoderFrame& frame_;
  const std::span<const Box> boxes_;
};

class CropPass final : public BoxPass {
 public:
  CropPass(const VisionModel& model, const EncoderFrame& frame, std::span<const Box> boxes,
           int batch_size)
      : BoxPass(model, frame, boxes), batch_size_(static_cast<size_t>(batch_size)) {}

  void run(size_t level, std::span<const size_t> open, std::vector<Feature>& features) override {
    // Shares as even as possible, none above the batch size; one a core where there is no GPU.
    const size_t workers =
        model_.device.is_cpu() ? static_cast<size_t>(std::max(1, cv::getNumThreads())) : 1;
    const size_t largest = std::min((open.size() + workers - 1) / workers, batch_size_);
    const size_t shares = (open.size() + largest - 1) / largest;
    std::vector<TowerState> states(shares);
    const auto run_share = [&](const cv::Range& range) {
      const c10::InferenceMode inference;
      const SerialScope serial;
      for (int i = range.start; i < range.end; ++i) {
        const size_t first = static_cast<size_t>(i) * largest;
        const auto share = open.subspan(first, std::min(largest, open.size() - first));
        TowerState& state = states[static_cast<size_t>(i)];
        state = held_.empty() ? begin(share) : go_on(share);
        model_.tower.run(state, level);
        const Pooled pooled = pool(model_.fusion.forward(state.taps), state.grids);
        for (size_t k = 0; k < share.size(); ++k) write(pooled, k, share[k], features);
      }
    };
    cv::parallel_for_({0, static_cast<int>(shares)}, run_share, static_cast<double>(shares));
    if (level == static_cast<size_t>(model_.config.levels())) return;
    state_ = TowerState::join(states);
    held_.assign(open.begin(), open.end());
  }

 private:
  TowerState begin(std::span<const size_t> share) const {
    const ModelConfig& config = model_.config;
    const int height = config.picture.crop_height;
    const int width = config.picture.crop_width;
    std::vector<at::Tensor> images;
    images.reserve(share.size());
    for (const size_t box : share) {
      const cv::Rect pixels = pixels_of(boxes_[box], frame_.rgb);
      // An empty box is encoded as black and its feature zeroed later: batches keep their order.
      images.push_back(
          pixels.empty() ? at::zeros({1, config.tower.temporal_patch, height, width, 3}, at::kByte)
                         : stack_frames(frame_, pixels, height, width, config));
    }
    const std::vector<Grid> grids(
        share.size(), grid_of(config.tower.temporal_patch, height, width, config.tower));
    return model_.tower.begin(to_rows(at::cat(images), config), grids);
  }

  // These boxes as they came out of the last level.
  TowerState go_on(std::span<const size_t> share) const {
    std::vector<size_t> places;
    for (const size_t box : share) {
      places.push_back(
          static_cast<size_t>(std::lower_bound(held_.begin(), held_.end(), box) - held_.begin()));
    }
    return state_.select(places);
  }

  Pooled pool(const FusedLevels& out, const std::vector<Grid>& grids) const {
    const ModelConfig& config = model_.config;
    // -> cells of the pooling grid [K, T, C]
    const auto cells = [&](const at::Tensor& tokens) {
      return at::adaptive_avg_pool2d(to_maps(tokens, grids.front(), config.tower.merge),
                                     {config.pool_rows, config.pool_columns})
          .flatten(2)
          .transpose(1, 2);
    };
    const at::Tensor levels = cells(out.levels.flatten(0, 1));
    const auto count = static_cast<int64_t>(grids.size());
    return {
        to_host(levels.reshape({out.levels.size(0), count, levels.size(1), -1}).transpose(0, 1)),
        to_host(cells(out.gates)), out.fused.defined() ? to_host(cells(out.fused)) : at::Tensor()};
  }

  const size_t batch_size_;
  std::vector<size_t> held_;  // boxes that state_ is of, ascending; empty: not begun
  TowerState state_;
};

class FramePass final : public BoxPass {
 public:
  FramePass(const VisionModel& model, const EncoderFrame& frame, std::span<const Box> boxes,
            cv::Size size)
      : BoxPass(model, frame, boxes),
        grid_(grid_of(model.config.tower.temporal_patch, size.height, size.width,
                      model.config.tower)) {
    const at::Tensor images = stack_frames(frame, {0, 0, frame.rgb.cols, frame.rgb.rows},
                                           size.height, size.width, model.config);
    state_ = model.tower.begin(to_rows(images, model.config), {&grid_, 1});
  }

  void run(size_t level, std::span<const size_t> /*open*/,
           std::vector<Feature>& features) override {
    const ModelConfig& config = model_.config;
    model_.tower.run(state_, level);
    const FusedLevels out = model_.fusion.forward(state_.taps);
    const at::Tensor corners = corners_of(boxes_, frame_.rgb, grid_).to(model_.device);
    // [L * N, C] -> [K, L, cells, C]
    const auto pool = [&](const at::Tensor& tokens) {
      return roi_pool(to_maps(tokens, grid_, config.tower.merge), corners, config.pool_rows,
                      config.pool_columns, kRoiSamples);
    };
    const Pooled pooled{to_host(pool(out.levels.flatten(0, 1))),
                        to_host(pool(out.gates).squeeze(1)),
                        out.fused.defined() ? to_host(pool(out.fused).squeeze(1)) : at::Tensor()};
    for (size_t box = 0; box < boxes_.size(); ++box) write(pooled, box, box, features);
  }

 private:
  const Grid grid_;
  TowerState state_;
};

}  // namespace

std::unique_ptr<TowerPass> crop_pass(const VisionModel& model, const EncoderFrame& frame,
                                     std::span<const Box> boxes, int batch_size) {
  return std::make_unique<CropPass>(model, frame, boxes, batch_size);
}

Result<std::unique_ptr<TowerPass>> frame_pass(const VisionModel& model, const EncoderFrame& frame,
                                              std::span<const Box> boxes) {
  const Result<cv::Size> size =
      frame_size(frame.rgb.rows, frame.rgb.cols, kMaxFramePatches, model.config);
  if (!size.ok()) return size.status();
  return std::unique_ptr<TowerPass>(std::make_unique<FramePass>(model, frame, boxes, *size));
}

}  // namespace deepstack
