#include "core/model/torch_encoder.h"

#include <numeric>

#include "core/model/precision.h"

namespace deepstack {

TorchEncoder::TorchEncoder(std::shared_ptr<const VisionModel> model, InferenceRegion region,
                           int batch_size)
    : model_(std::move(model)), region_(region), batch_size_(batch_size) {
  const ModelConfig& config = model_->config;
  info_.name = config.name;
  info_.sha256 = model_->sha256;
  info_.shape = {config.levels(), config.pool_rows, config.pool_columns, config.level_width()};
  info_.level_blocks = config.tower.tap_layers;
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

// A level at a time where somebody is to be asked in between, else all of them in one go.
Result<std::vector<Feature>> TorchEncoder::run(TowerPass& pass, size_t boxes,
                                               const GoDeeper& go_deeper) const {
  const auto levels = static_cast<size_t>(info_.shape.levels);
  std::vector<Feature> features(boxes);
  std::vector<size_t> open(boxes);
  std::iota(open.begin(), open.end(), size_t{0});
  for (size_t level = go_deeper ? 1 : levels; !open.empty(); ++level) {
    pass.run(level, open, features);
    if (level == levels) break;
    const Result<std::vector<bool>> deeper = go_deeper(features);
    if (!deeper.ok()) return deeper.status();
    std::erase_if(open, [&](size_t box) { return !(*deeper)[box]; });
  }
  return features;
}

Result<std::vector<Feature>> TorchEncoder::encode(const EncoderFrame& frame,
                                                  std::span<const Box> boxes) {
  return encode_adaptively(frame, boxes, {});
}

Result<std::vector<Feature>> TorchEncoder::encode_adaptively(const EncoderFrame& frame,
                                                             std::span<const Box> boxes,
                                                             const GoDeeper& go_deeper) {
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
    if (region_ == InferenceRegion::kRoiList) {
      return run(*crop_pass(*model_, frame, boxes, batch_size_), boxes.size(), go_deeper);
    }
    Result<std::unique_ptr<TowerPass>> pass = frame_pass(*model_, frame, boxes);
    if (!pass.ok()) return pass.status();
    return run(**pass, boxes.size(), go_deeper);
  } catch (const c10::OutOfMemoryError& error) {
    return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
  } catch (const std::bad_alloc&) {
    return Status(StatusCode::kExhausted, "out of memory");
  } catch (const std::exception& error) {
    return internal(std::string("the model failed: ") + error.what());
  }
}

}  // namespace deepstack
