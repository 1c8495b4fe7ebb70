#include "core/model/feature_extractor.h"

#include <cstring>
#include <mutex>

#include "core/frame/smart_resize.h"
#include "core/model/picture_rows.h"
#include "core/model/precision.h"
#include "core/model/vision_model.h"

namespace deepstack {
namespace {

HostTensor to_host_tensor(const at::Tensor& x) {
  const at::Tensor host = x.to(at::kCPU, at::kFloat).contiguous();
  return make_host_tensor<float>(TensorType::kF32, host.sizes().vec(),
                                 {host.const_data_ptr<float>(), static_cast<size_t>(host.numel())});
}

HostTensor grid_tensor(const Grid& grid) {
  const int64_t values[] = {grid.frames, grid.rows, grid.columns};
  return make_host_tensor<int64_t>(TensorType::kI64, {1, 3}, values);
}

class TorchFeatureExtractor final : public FeatureExtractor {
 public:
  explicit TorchFeatureExtractor(std::shared_ptr<const VisionModel> model)
      : model_(std::move(model)) {}

  const ModelConfig& config() const override { return model_->config; }
  const char* precision() const override { return precision_name(model_->type); }

  Result<HostTensors> extract(const HostTensor& pixel_values, std::span<const Grid> grids) override;
  Result<HostTensors> preprocess(std::span<const cv::Mat> frames) override;

 private:
  Result<PictureSize> target_size(size_t frames, int height, int width) const;

  const std::shared_ptr<const VisionModel> model_;
  std::mutex mutex_;
};

Result<HostTensors> TorchFeatureExtractor::extract(const HostTensor& pixel_values,
                                                   std::span<const Grid> grids) {
  const auto type = float_type(pixel_values.type);
  if (!type) return invalid("pixel_values holds no floating point numbers");
  const std::lock_guard lock(mutex_);
  try {
    const c10::InferenceMode inference;
    const at::Tensor rows = at::from_blob(const_cast<char*>(pixel_values.bytes.data()),
                                          pixel_values.shape, at::TensorOptions().dtype(*type));
    const TowerOutput tower = model_->tower.forward(rows, grids, true);
    const FusedLevels fusion = model_->fusion.forward(tower.taps);
    HostTensors out{{"last_hidden_state", to_host_tensor(tower.last)},
                    {"fused", to_host_tensor(fusion.fused)},
                    {"gates", to_host_tensor(fusion.gates)}};
    for (size_t l = 0; l < tower.taps.size(); ++l) {
      out["levels." + std::to_string(l)] = to_host_tensor(tower.taps[l]);
    }
    if (!model_->mergers.present()) return out;
    out["merged"] = to_host_tensor(model_->mergers.merge(tower.last));
    for (size_t l = 0; l < model_->mergers.levels(); ++l) {
      out["deepstack." + std::to_string(l)] =
          to_host_tensor(model_->mergers.merge_tap(l, tower.taps[l]));
    }
    return out;
  } catch (const c10::OutOfMemoryError& error) {
    return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory");
  } catch (const c10::Error& error) {
    return invalid(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return internal(std::string("the model failed: ") + error.what());
  }
}

Result<PictureSize> TorchFeatureExtractor::target_size(size_t frames, int height, int width) const {
  const ModelConfig& config = model_->config;
  if (!config.picture.bicubic) {
    return PictureSize{config.picture.crop_height, config.picture.crop_width};
  }
  const int factor = config.tower.patch_size * config.tower.merge;
  if (frames == 1) {
    return smart_resize({height, width}, {.factor = factor,
                                          .min_pixels = config.picture.min_pixels,
                                          .max_pixels = config.picture.max_pixels});
  }
  const auto count = static_cast<int64_t>(frames);
  const PixelBudget budget{factor, config.clip.min_pixels, config.clip.max_pixels};
  return smart_resize_clip(count, {height, width},
                           config.clip.cap_per_frame ? cap_per_frame(budget, count) : budget);
}

Result<HostTensors> TorchFeatureExtractor::preprocess(std::span<const cv::Mat> frames) {
  const ModelConfig& config = model_->config;
  const Result<PictureSize> size =
      target_size(frames.size(), frames.front().rows, frames.front().cols);
  if (!size.ok()) return size.status();
  try {
    std::vector<at::Tensor> resized;
    for (const cv::Mat& frame : frames) {
      resized.push_back(resize_picture(frame, size->height, size->width, config.picture));
    }
    // The last frame fills up the last temporal patch.
    while (resized.size() % static_cast<size_t>(config.tower.temporal_patch) != 0) {
      resized.push_back(resized.back());
    }
    const at::Tensor clip = at::cat(resized).unsqueeze(0);
    return HostTensors{
        {"pixel_values", to_host_tensor(to_rows(clip, config))},
        {"grid_thw", grid_tensor(grid_of(clip.size(1), size->height, size->width, config.tower))}};
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory");
  } catch (const std::exception& error) {
    return internal(std::string("preprocessing failed: ") + error.what());
  }
}

}  // namespace

Result<std::unique_ptr<FeatureExtractor>> FeatureExtractor::open(const ModelSource& source) {
  Result<std::shared_ptr<const VisionModel>> model = VisionModel::load(source, true);
  if (!model.ok()) return model.status();
  return std::unique_ptr<FeatureExtractor>(new TorchFeatureExtractor(*model));
}

Result<std::vector<Grid>> to_grids(const HostTensor& grid_thw) {
  constexpr int64_t kMostTokens = int64_t{1} << 24;
  if (grid_thw.shape.size() != 2 || grid_thw.shape[1] != 3) {
    return corrupt("grid_thw must have the shape [K, 3]");
  }
  const Result<std::vector<int64_t>> values = whole_numbers(grid_thw);
  if (!values.ok()) return corrupt("grid_thw " + values.status().message());
  std::vector<Grid> grids;
  int64_t tokens = 0;
  for (size_t i = 0; i + 2 < values->size(); i += 3) {
    const Grid grid{(*values)[i], (*values)[i + 1], (*values)[i + 2]};
    for (const int64_t side : {grid.frames, grid.rows, grid.columns}) {
      if (side < 1 || side > 65536) {
        return corrupt("grid_thw has the size " + std::to_string(side) + ", 1..65536 is allowed");
      }
    }
    tokens += grid.tokens();
    if (tokens > kMostTokens) {
      return corrupt("grid_thw asks for more than " + std::to_string(kMostTokens) + " tokens");
    }
    grids.push_back(grid);
  }
  return grids;
}

}  // namespace deepstack
