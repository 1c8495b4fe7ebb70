#include "core/model/torch_encoder.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "core/model/device.h"
#include "core/model/serial_scope.h"
#include "core/model/weights.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

// A whole frame is resized to at most this many patches: attention over a frame grows with its square.
constexpr double kMaxFramePatches = 1024;
constexpr int64_t kRoiSamples = 2;  // bilinear samples a cell and axis

// RGB pixels -> [1, 3, height, width] uint8. Shrinking averages (no aliasing), growing interpolates;
// the training script does the same.
at::Tensor to_image(const cv::Mat& rgb, int height, int width) {
  cv::Mat resized;
  const bool shrinks = rgb.total() > static_cast<size_t>(height) * static_cast<size_t>(width);
  cv::resize(rgb, resized, {width, height}, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return at::from_blob(resized.data, {1, height, width, 3}, at::kByte)
      .permute({0, 3, 1, 2})
      .contiguous();
}

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

}  // namespace

TorchEncoder::TorchEncoder(ModelConfig config, at::Device device, InferenceRegion region,
                           int batch_size)
    : config_(std::move(config)), device_(device), region_(region), batch_size_(batch_size) {
  info_.name = config_.name;
  info_.shape = {config_.levels(), config_.pool_rows, config_.pool_columns, config_.level_width()};
  info_.match = config_.match;
}

Result<std::unique_ptr<TorchEncoder>> TorchEncoder::load(const std::filesystem::path& folder,
                                                         const std::string& device,
                                                         InferenceRegion region, int batch_size) {
  Result<ModelConfig> config = read_model_config(folder);
  if (!config.ok()) return config.status();
  Result<Safetensors> file = Safetensors::open(folder / "model.safetensors");
  if (!file.ok()) return file.status();
  try {
    Result<at::Device> place = open_device(device);
    if (!place.ok()) return place.status();
    std::unique_ptr<TorchEncoder> encoder(
        new TorchEncoder(*std::move(config), *place, region, batch_size));
    WeightReader reader(*file);
    encoder->tower_ = VisionTower::load(encoder->config_, reader, *place);
    encoder->fusion_ = DeepStackFusion::load(encoder->config_, reader, *place);
    if (!reader.status().ok()) return reader.status();
    encoder->info_.fusion_trained = encoder->fusion_.trained();
    return encoder;
  } catch (const std::exception& error) {
    return Status(StatusCode::kExhausted, folder.string() + ": loading failed: " + error.what());
  }
}

at::Tensor TorchEncoder::crops(const cv::Mat& rgb, std::span<const Box> boxes) const {
  std::vector<at::Tensor> images;
  images.reserve(boxes.size());
  for (const Box& box : boxes) {
    const cv::Rect pixels = pixels_of(box, rgb);
    // An empty box is encoded as black and its feature zeroed in split(): batches keep their order.
    images.push_back(pixels.empty()
                         ? at::zeros({1, 3, config_.image_height, config_.image_width}, at::kByte)
                         : to_image(rgb(pixels), config_.image_height, config_.image_width));
  }
  return at::cat(images);
}

TorchEncoder::Pooled TorchEncoder::encode_batch(const at::Tensor& images) const {
  const FusedLevels out = fusion_.forward(tower_.forward(images.to(device_), false).taps);
  // [N, T, C] -> cells of the pooling grid [N, K, C]
  const auto pool = [&](const at::Tensor& x) {
    const at::Tensor map = x.transpose(1, 2).reshape(
        {x.size(0), x.size(2), config_.grid_rows(), config_.grid_columns()});
    return at::adaptive_avg_pool2d(map, {config_.pool_rows, config_.pool_columns})
        .flatten(2)
        .transpose(1, 2);
  };
  const at::Tensor levels = pool(out.levels.flatten(0, 1));
  return {to_host(levels.reshape({out.levels.size(0), images.size(0), levels.size(1), -1})),
          to_host(pool(out.gates)), to_host(pool(out.fused))};
}

TorchEncoder::Pooled TorchEncoder::encode_crops(const cv::Mat& rgb,
                                                std::span<const Box> boxes) const {
  // Shares as even as possible, none above the batch size; one a core where there is no GPU.
  const size_t workers = device_.is_cpu() ? static_cast<size_t>(std::max(1, cv::getNumThreads())) : 1;
  const size_t largest = std::min((boxes.size() + workers - 1) / workers,
                                  static_cast<size_t>(batch_size_));
  const size_t shares = (boxes.size() + largest - 1) / largest;
  std::vector<Pooled> pooled(shares);
  const auto encode_share = [&](const cv::Range& range) {
    const c10::InferenceMode inference;
    const SerialScope serial;
    for (int i = range.start; i < range.end; ++i) {
      const size_t first = static_cast<size_t>(i) * largest;
      pooled[static_cast<size_t>(i)] = encode_batch(
          crops(rgb, boxes.subspan(first, std::min(largest, boxes.size() - first))));
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

TorchEncoder::Pooled TorchEncoder::encode_frame(const cv::Mat& rgb,
                                                std::span<const Box> boxes) const {
  const double patch = config_.patch_size;
  const double patches = (rgb.rows / patch) * (rgb.cols / patch);
  const double shrink = std::min(1.0, std::sqrt(kMaxFramePatches / patches));
  const auto cells = [&](int side) {
    return std::max<int64_t>(1, std::lround(side * shrink / patch));
  };
  const int64_t rows = cells(rgb.rows);
  const int64_t columns = cells(rgb.cols);
  const at::Tensor image = to_image(rgb, static_cast<int>(rows) * config_.patch_size,
                                    static_cast<int>(columns) * config_.patch_size);
  const FusedLevels out = fusion_.forward(tower_.forward(image.to(device_), false).taps);

  const double cell_x = static_cast<double>(columns) / rgb.cols;
  const double cell_y = static_cast<double>(rows) / rgb.rows;
  at::Tensor corners = at::empty({static_cast<int64_t>(boxes.size()), 4}, at::kFloat);
  auto corner = corners.accessor<float, 2>();
  for (size_t i = 0; i < boxes.size(); ++i) {
    const Box box =
        clip(boxes[i], static_cast<float>(rgb.cols), static_cast<float>(rgb.rows));
    const auto row = static_cast<int64_t>(i);
    corner[row][0] = static_cast<float>(box.x * cell_x);
    corner[row][1] = static_cast<float>(box.y * cell_y);
    corner[row][2] = static_cast<float>(box.right() * cell_x);
    corner[row][3] = static_cast<float>(box.bottom() * cell_y);
  }
  // [L, T, C] -> [K, L, cells, C]
  const auto pool = [&](const at::Tensor& x) {
    const at::Tensor map = x.transpose(1, 2).reshape({x.size(0), x.size(2), rows, columns});
    return roi_pool(map, corners.to(device_), config_.pool_rows, config_.pool_columns, kRoiSamples);
  };
  return {to_host(pool(out.levels.select(1, 0)).transpose(0, 1)),
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

Result<std::vector<Feature>> TorchEncoder::encode(const cv::Mat& rgb, std::span<const Box> boxes) {
  if (boxes.empty()) return std::vector<Feature>{};
  if (rgb.empty() || rgb.type() != CV_8UC3) return invalid("encode needs an RGB picture");
  const std::lock_guard lock(mutex_);
  try {
    const c10::InferenceMode inference;
    std::vector<Feature> features =
        split(region_ == InferenceRegion::kRoiList ? encode_crops(rgb, boxes)
                                                   : encode_frame(rgb, boxes),
              boxes);
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
