#include "core/model/point_finder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <span>
#include <string>

#include <ATen/ATen.h>
#include <opencv2/core/utility.hpp>

#include "core/model/grid_tables.h"
#include "core/model/picture_rows.h"
#include "core/model/serial_scope.h"
#include "core/model/vision_model.h"

namespace deepstack {
namespace {

// A frame of 768 x 576 with people 30 pixels wide has 13 000; the tower's time grows with them.
constexpr int64_t kMaxFramePatches = 16384;
constexpr int64_t kBatchPatches = 4096;  // that go through the tower at once
constexpr std::array kSizes{1.0, 0.75, 1.35};
constexpr int kCandidates = 48;  // places of a map that are looked at again
constexpr int kRefined = 4;      // of them that are moved about
constexpr double kNudge = 0.15;  // by this share of their sides
constexpr int kSmallestSide = 4;

// What the model says of one picture, or of several of one size.
struct Maps {
  at::Tensor levels;  // [K, L, H, rows, columns], length 1 along H
  at::Tensor gates;   // [K, L, rows, columns]
};

at::Tensor unit(const at::Tensor& x, int64_t dim) {
  return x / x.norm(2, dim, true).clamp_min(1e-6);
}

struct Place {
  double x, y;  // the middle, in pixels
  double width, height;
};

cv::Rect pixels_of(const Place& place, cv::Size frame) {
  const int width = std::clamp(static_cast<int>(std::lround(place.width)), 1, frame.width);
  const int height = std::clamp(static_cast<int>(std::lround(place.height)), 1, frame.height);
  const auto first = [](double middle, int length, int limit) {
    return std::clamp(static_cast<int>(std::lround(middle - length / 2.0)), 0, limit - length);
  };
  return {first(place.x, width, frame.width), first(place.y, height, frame.height), width, height};
}

class TorchPointFinder final : public PointFinder {
 public:
  explicit TorchPointFinder(std::shared_ptr<const VisionModel> model) : model_(std::move(model)) {}

  Result<FoundPoints> find(const cv::Mat& frame, const cv::Mat& crop, Detail detail) override {
    if (crop.rows < kSmallestSide || crop.cols < kSmallestSide || crop.rows > frame.rows ||
        crop.cols > frame.cols) {
      return invalid("the crop is " + std::to_string(crop.cols) + " x " +
                     std::to_string(crop.rows) +
                     " pixels, must be 4 x 4 at least and fit the frame's " +
                     std::to_string(frame.cols) + " x " + std::to_string(frame.rows));
    }
    const std::lock_guard lock(mutex_);
    try {
      const c10::InferenceMode inference;
      const Maps asked = look({crop}, crop_size());
      Search search{frame, crop, pooled(asked), pooled_gates(asked), survey(frame, crop)};
      for (const double size : kSizes) search.votes.push_back(votes_of(search, size));
      FoundPoints found;
      found.fused = best(search, -1, found.fused_by_map);
      for (int64_t level = 0; detail == Detail::kLevels && level < search.query.size(0); ++level) {
        found.levels.push_back(best(search, level, found.levels_by_map.emplace_back()));
      }
      return found;
    } catch (const c10::OutOfMemoryError& error) {
      return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
    } catch (const std::bad_alloc&) {
      return Status(StatusCode::kExhausted, "out of memory");
    } catch (const std::exception& error) {
      return internal(std::string("the model failed: ") + error.what());
    }
  }

 private:
  struct Search {
    const cv::Mat& frame;
    const cv::Mat& crop;
    at::Tensor query;                    // [L, T, H] the crop's tokens
    at::Tensor gate;                     // [L], sum 1
    Maps seen;                           // K = 1
    std::vector<at::Tensor> votes = {};  // by size, see votes_of()
  };

  cv::Size crop_size() const {
    return {model_->config.picture.crop_width, model_->config.picture.crop_height};
  }

  // Pictures at this size, in batches that are spread over the cores where there is no GPU.
  Maps look(const std::vector<cv::Mat>& pictures, cv::Size size) const {
    const ModelConfig& config = model_->config;
    const Grid grid = grid_of(config.tower.temporal_patch, size.height, size.width, config.tower);
    const auto count = static_cast<int64_t>(pictures.size());
    const int64_t cores = model_->device.is_cpu() ? std::max(1, cv::getNumThreads()) : 1;
    const int64_t batch =
        std::clamp<int64_t>(kBatchPatches / grid.tokens(), 1, (count + cores - 1) / cores);
    const int64_t batches = (count + batch - 1) / batch;
    std::vector<at::Tensor> levels(static_cast<size_t>(batches)), gates(levels.size());
    const auto run = [&](const cv::Range& range) {
      const c10::InferenceMode inference;
      const SerialScope serial;
      for (int i = range.start; i < range.end; ++i) {
        const auto first = static_cast<size_t>(i * batch);
        const auto length = static_cast<size_t>(std::min(batch, count - i * batch));
        const Maps maps = look_at(std::span(pictures).subspan(first, length), grid, size);
        levels[static_cast<size_t>(i)] = maps.levels;
        gates[static_cast<size_t>(i)] = maps.gates;
      }
    };
    cv::parallel_for_({0, static_cast<int>(batches)}, run, static_cast<double>(batches));
    return {at::cat(levels), at::cat(gates)};
  }

  Maps look_at(std::span<const cv::Mat> pictures, const Grid& grid, cv::Size size) const {
    const ModelConfig& config = model_->config;
    std::vector<at::Tensor> images;
    for (const cv::Mat& picture : pictures) {
      images.push_back(stack_frames(picture, {0, 0, picture.cols, picture.rows}, size.height,
                                    size.width, config));
    }
    TowerState state = model_->tower.begin(to_rows(at::cat(images), config),
                                           std::vector<Grid>(pictures.size(), grid));
    model_->tower.run(state, static_cast<size_t>(config.levels()));
    const FusedLevels out = model_->fusion.forward(state.taps);
    const auto count = static_cast<int64_t>(pictures.size());
    // [.., K * N, C] in blocks -> [.., K, rows, columns, C]
    const auto maps = [&](const at::Tensor& tokens) {
      const at::Tensor flat = tokens.to(at::kCPU, at::kFloat).reshape({-1, tokens.size(-1)});
      const int64_t pages = flat.size(0) / grid.tokens();
      return to_raster(flat, pages * grid.rows, grid.columns, config.tower.merge)
          .view({pages / count, count, grid.rows, grid.columns, -1});
    };
    return {unit(maps(out.levels).permute({1, 0, 4, 2, 3}), 2).contiguous(),
            maps(out.gates).squeeze(0).permute({0, 3, 1, 2}).contiguous()};
  }

  // The frame in pieces of at most 4 x 2 crops, each resized so that what is as large as the crop
  // covers as many patches as a crop does: the scale that the model knows.
  Maps survey(const cv::Mat& frame, const cv::Mat& crop) const {
    const ModelConfig& config = model_->config;
    const auto pieces = [](int frame_side, int crop_side, int most) {
      return std::max(1, (frame_side + most * crop_side - 1) / (most * crop_side));
    };
    const int across = pieces(frame.cols, crop.cols, 4), down = pieces(frame.rows, crop.rows, 2);
    const double wide =
        static_cast<double>(frame.cols) / across / crop.cols * config.crop_columns();
    const double tall = static_cast<double>(frame.rows) / down / crop.rows * config.crop_rows();
    const double shrink = std::min(
        1.0, std::sqrt(static_cast<double>(kMaxFramePatches) / (wide * tall * across * down)));
    const int unit_side = config.tower.merge;
    const auto patches = [&](double count) {
      return unit_side * std::max(1, static_cast<int>(std::lround(count * shrink / unit_side)));
    };
    const int columns = patches(wide), rows = patches(tall);
    const cv::Size size(columns * config.tower.patch_size, rows * config.tower.patch_size);
    std::vector<cv::Mat> tiles;
    for (int i = 0; i < down * across; ++i) {
      const int y = i / across, x = i % across;
      const cv::Point first(x * frame.cols / across, y * frame.rows / down);
      const cv::Point last((x + 1) * frame.cols / across, (y + 1) * frame.rows / down);
      tiles.push_back(frame(cv::Rect(first, last)));
    }
    const Maps maps = look(tiles, size);
    // [down * across, C.., rows, columns] -> [1, C.., down * rows, across * columns]
    const auto joined = [&](const at::Tensor& all) {
      const auto channels = all.numel() / (down * across * rows * columns);
      return all.reshape({down, across, channels, rows, columns})
          .permute({2, 0, 3, 1, 4})
          .reshape({channels, down * rows, across * columns});
    };
    const auto count = static_cast<int64_t>(config.levels());
    return {
        smoothed(joined(maps.levels).view({count, -1, down * rows, across * columns})).unsqueeze(0),
        joined(maps.gates).unsqueeze(0)};
  }

  // Tokens of patches averaged over as much as a cell of the crop's grid covers; [L, H, rows,
  // columns] of length 1.
  at::Tensor smoothed(const at::Tensor& map) const {
    const auto odd = [](int side) { return std::max(1, side - (side % 2 == 0 ? 1 : 0)); };
    const int64_t down = odd(model_->config.crop_rows() / model_->config.pool_rows);
    const int64_t across = odd(model_->config.crop_columns() / model_->config.pool_columns);
    return unit(at::avg_pool2d(map, {down, across}, {1, 1}, {down / 2, across / 2},
                               /*ceil_mode=*/false, /*count_include_pad=*/false),
                1)
        .contiguous();
  }

  // Tokens over the model's grid of a crop, [K * L, T, H] of length 1.
  at::Tensor pooled(const Maps& maps) const {
    const at::Tensor cells = at::adaptive_avg_pool2d(
        maps.levels.flatten(0, 1), {model_->config.pool_rows, model_->config.pool_columns});
    return unit(cells.flatten(2).transpose(1, 2), 2).contiguous();
  }

  static at::Tensor pooled_gates(const Maps& maps) {
    return maps.gates.mean(at::IntArrayRef{2, 3}).mean(0);
  }

  // For every place of the grid how well the crop fits with its middle there, at this size, by
  // level: [L, rows, columns].
  at::Tensor votes_of(const Search& search, double size) const {
    const at::Tensor map = search.seen.levels.select(0, 0);  // [L, H, rows, columns]
    const int64_t levels = map.size(0), rows = map.size(2), columns = map.size(3);
    const int64_t tokens = search.query.size(1);
    const at::Tensor likeness =
        at::bmm(search.query, map.flatten(2)).view({levels, tokens, rows, columns});
    const double tall = size * search.crop.rows * static_cast<double>(rows) / search.frame.rows;
    const double wide = size * search.crop.cols * static_cast<double>(columns) / search.frame.cols;
    at::Tensor sum = at::zeros({levels, rows, columns});
    const int cells_down = model_->config.pool_rows, cells_across = model_->config.pool_columns;
    for (int64_t token = 0; token < tokens; ++token) {
      const double down =
          ((static_cast<double>(token / cells_across) + 0.5) / cells_down - 0.5) * tall;
      const double across =
          ((static_cast<double>(token % cells_across) + 0.5) / cells_across - 0.5) * wide;
      sum += shifted(likeness.select(1, token), down, across);
    }
    return sum / static_cast<double>(tokens);
  }

  // map [L, rows, columns] read `down` and `across` cells further on; beyond the border, the
  // border.
  static at::Tensor shifted(const at::Tensor& map, double down, double across) {
    const auto axis = [](int64_t length, double shift) {
      return (at::arange(length, at::kFloat) + shift) *
                 (2.0 / static_cast<double>(std::max<int64_t>(1, length - 1))) -
             1;
    };
    const int64_t rows = map.size(1), columns = map.size(2);
    const at::Tensor y = axis(rows, down).view({rows, 1}).expand({rows, columns});
    const at::Tensor x = axis(columns, across).view({1, columns}).expand({rows, columns});
    constexpr int64_t kBilinear = 0, kBorder = 1;
    return at::grid_sampler_2d(map.unsqueeze(0), at::stack({x, y}, 2).unsqueeze(0), kBilinear,
                               kBorder, /*align_corners=*/true)
        .squeeze(0);
  }

  // One level of [L, ...] values, or their sum weighted by both sides' gates [L, ...] where level
  // is -1.
  static at::Tensor combined(const at::Tensor& values, const at::Tensor& gates, int64_t level) {
    return level >= 0 ? values.select(0, level) : (values * gates).sum(0);
  }

  // By one level, or by all where level is -1: then each level names some of the places, too, as
  // what one overlooks another may see. by_map: the best place of the maps alone.
  FramePoint best(const Search& search, int64_t level, FramePoint& by_map) const {
    const at::Tensor gates = (search.seen.gates.select(0, 0) + search.gate.view({-1, 1, 1})) / 2;
    const int64_t levels = level < 0 ? search.query.size(0) : 0;
    std::vector<Place> places;
    add_peaks(scores_of(search, gates, level), search, kCandidates / (1 + levels), places);
    by_map = {static_cast<float>(places.front().x), static_cast<float>(places.front().y), 0};
    for (int64_t each = 0; each < levels; ++each) {
      add_peaks(scores_of(search, gates, each), search, kCandidates / (1 + levels), places);
    }
    return look_again(search, places, level);
  }

  // [sizes, rows, columns]
  static at::Tensor scores_of(const Search& search, const at::Tensor& gates, int64_t level) {
    std::vector<at::Tensor> maps;
    for (const at::Tensor& votes : search.votes) maps.push_back(combined(votes, gates, level));
    return at::stack(maps).contiguous();
  }

  // Adds so many of the best places of the maps, the best first, none on top of one that is there.
  static void add_peaks(const at::Tensor& scores, const Search& search, int64_t count,
                        std::vector<Place>& places) {
    const int64_t rows = scores.size(1), columns = scores.size(2);
    const double cell_x = static_cast<double>(search.frame.cols) / static_cast<double>(columns);
    const double cell_y = static_cast<double>(search.frame.rows) / static_cast<double>(rows);
    const at::Tensor order = at::argsort(scores.flatten(), 0, /*descending=*/true);
    const int64_t* index = order.const_data_ptr<int64_t>();
    const size_t enough = places.size() + static_cast<size_t>(count);
    for (int64_t i = 0; i < order.numel() && places.size() < enough; ++i) {
      const double size = kSizes[static_cast<size_t>(index[i] / (rows * columns))];
      const int64_t cell = index[i] % (rows * columns);
      const Place place{(static_cast<double>(cell % columns) + 0.5) * cell_x,
                        (static_cast<double>(cell / columns) + 0.5) * cell_y,
                        size * search.crop.cols, size * search.crop.rows};
      const bool known = std::any_of(places.begin(), places.end(), [&](const Place& other) {
        return std::abs(other.x - place.x) < 0.3 * search.crop.cols &&
               std::abs(other.y - place.y) < 0.2 * search.crop.rows;
      });
      if (!known) places.push_back(place);
    }
  }

  // Looks at each place as a crop of its own, and then around the best of them: the middle of the
  // one whose tokens fit best, each where it stands in the box.
  FramePoint look_again(const Search& search, std::vector<Place> places, int64_t level) const {
    const at::Tensor first = similarities(search, places, level);
    const at::Tensor order = at::argsort(first, 0, /*descending=*/true);
    std::vector<Place> near;
    for (int64_t i = 0; i < std::min<int64_t>(kRefined, order.size(0)); ++i) {
      const Place& best = places[static_cast<size_t>(order[i].item<int64_t>())];
      for (const double down : {-kNudge, 0.0, kNudge}) {
        for (const double across : {-kNudge, 0.0, kNudge}) {
          near.push_back(
              {best.x + across * best.width, best.y + down * best.height, best.width, best.height});
        }
      }
    }
    const at::Tensor scores = similarities(search, near, level);
    const auto found = scores.argmax().item<int64_t>();
    const cv::Rect box = pixels_of(near[static_cast<size_t>(found)], search.frame.size());
    return {static_cast<float>(box.x) + static_cast<float>(box.width) / 2,
            static_cast<float>(box.y) + static_cast<float>(box.height) / 2,
            scores[found].item<float>()};
  }

  // Of the query with what is at each of these places, [places].
  at::Tensor similarities(const Search& search, const std::vector<Place>& places,
                          int64_t level) const {
    std::vector<cv::Mat> crops;
    for (const Place& place : places) {
      crops.push_back(search.frame(pixels_of(place, search.frame.size())));
    }
    const Maps maps = look(crops, crop_size());
    const auto count = static_cast<int64_t>(crops.size());
    const at::Tensor tokens =
        pooled(maps).view({count, maps.levels.size(1), search.query.size(1), -1});
    const at::Tensor likeness = (tokens * search.query).sum(-1).mean(-1).t();  // [L, K]
    const at::Tensor gates =
        (maps.gates.mean(at::IntArrayRef{2, 3}).t() + search.gate.view({-1, 1})) / 2;
    return combined(likeness, gates, level);
  }

  const std::shared_ptr<const VisionModel> model_;
  std::mutex mutex_;
};

}  // namespace

Result<std::unique_ptr<PointFinder>> PointFinder::open(const ModelSource& source) {
  Result<std::shared_ptr<const VisionModel>> model = VisionModel::load(source, false);
  if (!model.ok()) return model.status();
  return std::unique_ptr<PointFinder>(std::make_unique<TorchPointFinder>(*model));
}

}  // namespace deepstack
