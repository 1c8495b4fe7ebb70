#include "core/model/tap_cache.h"

#include <algorithm>

#include <opencv2/core/utility.hpp>

#include "core/model/grid_tables.h"
#include "core/model/picture_rows.h"
#include "core/model/serial_scope.h"

namespace deepstack {
namespace {

// Outliers of a residual stream may be larger than half precision can say.
constexpr double kLargestHalf = 65504;

Grid crop_grid(const ModelConfig& config) {
  return grid_of(config.tower.temporal_patch, config.picture.crop_height, config.picture.crop_width,
                 config.tower);
}

// Taps of pictures first .. last - 1, a level [last - first, rows * columns, D] half on the CPU.
std::vector<at::Tensor> look(const VisionModel& model, size_t first, size_t last,
                             const std::function<cv::Mat(size_t)>& picture) {
  const ModelConfig& config = model.config;
  std::vector<at::Tensor> images;
  for (size_t i = first; i < last; ++i) {
    const cv::Mat rgb = picture(i);
    images.push_back(stack_frames(EncoderFrame(rgb), {0, 0, rgb.cols, rgb.rows},
                                  config.picture.crop_height, config.picture.crop_width, config));
  }
  const Grid grid = crop_grid(config);
  const std::vector<Grid> grids(images.size(), grid);
  const TowerOutput out =
      model.tower.forward(to_rows(at::cat(images), config), grids, /*with_last=*/false);
  const auto count = static_cast<int64_t>(images.size());
  std::vector<at::Tensor> taps;
  for (const at::Tensor& tap : out.taps) {
    taps.push_back(to_raster(tap, count * grid.rows, grid.columns, config.tower.merge)
                       .reshape({count, grid.tokens(), tap.size(1)})
                       .clamp(-kLargestHalf, kLargestHalf)
                       .to(at::kCPU, at::kHalf));
  }
  return taps;
}

}  // namespace

int64_t TapCache::bytes_a_picture(const ModelConfig& config) {
  return crop_grid(config).tokens() * config.tower.hidden_size * config.levels() *
         static_cast<int64_t>(sizeof(c10::Half));
}

Result<TapCache> TapCache::fill(const VisionModel& model, size_t count,
                                const std::function<cv::Mat(size_t)>& picture, int batch_size) {
  const ModelConfig& config = model.config;
  const auto batch = static_cast<size_t>(batch_size);
  TapCache cache;
  cache.size_ = count;
  try {
    const c10::InferenceMode inference;
    for (int l = 0; l < config.levels(); ++l) {
      cache.levels_.push_back(at::empty(
          {static_cast<int64_t>(count), crop_grid(config).tokens(), config.tower.hidden_size},
          at::kHalf));
    }
    const auto shares = static_cast<int>((count + batch - 1) / batch);
    const auto fill_shares = [&](const cv::Range& range) {
      const c10::InferenceMode inference_here;
      const SerialScope serial;
      for (int i = range.start; i < range.end; ++i) {
        const size_t first = static_cast<size_t>(i) * batch;
        const size_t last = std::min(count, first + batch);
        const std::vector<at::Tensor> taps = look(model, first, last, picture);
        for (size_t l = 0; l < taps.size(); ++l) {
          cache.levels_[l]
              .narrow(0, static_cast<int64_t>(first), static_cast<int64_t>(last - first))
              .copy_(taps[l]);
        }
      }
    };
    cv::parallel_for_({0, shares}, fill_shares, shares);
    return cache;
  } catch (const c10::OutOfMemoryError& error) {
    return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory");
  } catch (const std::exception& error) {
    return internal(std::string("the model failed: ") + error.what());
  }
}

std::vector<at::Tensor> TapCache::taps(std::span<const int64_t> pictures) const {
  const at::Tensor index = at::tensor(at::ArrayRef<int64_t>(pictures.data(), pictures.size()));
  std::vector<at::Tensor> chosen;
  for (const at::Tensor& level : levels_) {
    chosen.push_back(level.index_select(0, index).to(at::kFloat));
  }
  return chosen;
}

int64_t TapCache::bytes() const {
  int64_t sum = 0;
  for (const at::Tensor& level : levels_) sum += static_cast<int64_t>(level.nbytes());
  return sum;
}

}  // namespace deepstack
