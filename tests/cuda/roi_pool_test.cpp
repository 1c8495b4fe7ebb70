#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

// The value of a map [H, W] at (y, x), where the centre of cell 0 is at 0.5; its border goes on.
double bilinear(const at::TensorAccessor<double, 2>& map, double y, double x) {
  const auto height = static_cast<double>(map.size(0));
  const auto width = static_cast<double>(map.size(1));
  const double row = std::clamp(y - 0.5, 0.0, height - 1);
  const double column = std::clamp(x - 0.5, 0.0, width - 1);
  const auto top = static_cast<int64_t>(row);
  const auto left = static_cast<int64_t>(column);
  const int64_t bottom = std::min(top + 1, map.size(0) - 1);
  const int64_t right = std::min(left + 1, map.size(1) - 1);
  const double down = row - static_cast<double>(top);
  const double across = column - static_cast<double>(left);
  return (map[top][left] * (1 - across) + map[top][right] * across) * (1 - down) +
         (map[bottom][left] * (1 - across) + map[bottom][right] * across) * down;
}

// RoIAlign by its definition, one sample after the other.
at::Tensor by_definition(const at::Tensor& features, const at::Tensor& boxes, int64_t rows,
                         int64_t columns, int64_t samples) {
  const at::Tensor maps = features.to(at::kDouble);
  const at::Tensor corners = boxes.to(at::kDouble);
  at::Tensor out =
      at::zeros({boxes.size(0), features.size(0), rows * columns, features.size(1)}, at::kDouble);
  auto result = out.accessor<double, 4>();
  const auto map = maps.accessor<double, 4>();
  const auto box = corners.accessor<double, 2>();
  for (int64_t k = 0; k < boxes.size(0); ++k) {
    const double step_x = (box[k][2] - box[k][0]) / static_cast<double>(columns * samples);
    const double step_y = (box[k][3] - box[k][1]) / static_cast<double>(rows * samples);
    for (int64_t i = 0; i < rows * samples * columns * samples; ++i) {
      const int64_t sample_y = i / (columns * samples);
      const int64_t sample_x = i % (columns * samples);
      const double y = box[k][1] + (static_cast<double>(sample_y) + 0.5) * step_y;
      const double x = box[k][0] + (static_cast<double>(sample_x) + 0.5) * step_x;
      const int64_t cell = sample_y / samples * columns + sample_x / samples;
      for (int64_t l = 0; l < features.size(0); ++l) {
        for (int64_t c = 0; c < features.size(1); ++c) {
          result[k][l][cell][c] +=
              bilinear(map[l][c], y, x) / static_cast<double>(samples * samples);
        }
      }
    }
  }
  return out;
}

TEST(RoiPool, IsRoiAlignByDefinition) {
  at::manual_seed(1);
  for (const auto& [levels, channels, height, width, count, rows, columns, samples] :
       {std::tuple{1L, 1L, 1L, 1L, 1L, 1L, 1L, 1L},
        {3L, 5L, 12L, 6L, 9L, 4L, 2L, 2L},
        {2L, 3L, 7L, 13L, 4L, 3L, 5L, 3L},
        {8L, 2L, 5L, 1L, 3L, 2L, 2L, 2L}}) {
    const at::Tensor features = at::randn({levels, channels, height, width});
    // Boxes inside, across the border and outside; also empty ones.
    const at::Tensor first = at::rand({count, 2}) * 20 - 4;
    const at::Tensor boxes = at::cat({first, first + at::rand({count, 2}) * 10}, 1);
    const at::Tensor result = roi_pool(features, boxes, rows, columns, samples);
    ASSERT_EQ(result.sizes(), at::IntArrayRef({count, levels, rows * columns, channels}));
    EXPECT_TRUE(at::allclose(result.to(at::kDouble),
                             by_definition(features, boxes, rows, columns, samples), 1e-5, 1e-5))
        << height << "x" << width;
  }
}

TEST(RoiPool, ABoxOnTheGridIsTheAverageOfItsCells) {
  at::manual_seed(2);
  const at::Tensor features = at::randn({2, 3, 12, 6});
  // With two samples to two cells, each sample lies on the centre of one.
  const at::Tensor boxes = at::tensor({0.0F, 0.0F, 4.0F, 8.0F}).view({1, 4});
  const at::Tensor pooled = roi_pool(features, boxes, 4, 2, 2);
  const at::Tensor averages =
      at::adaptive_avg_pool2d(features.narrow(2, 0, 8).narrow(3, 0, 4), {4, 2});
  EXPECT_TRUE(at::allclose(pooled[0], averages.flatten(2).transpose(1, 2), 1e-5, 1e-5));
}

TEST(RoiPool, NoBoxesAreNoFeatures) {
  const at::Tensor result = roi_pool(at::randn({3, 4, 5, 6}), at::empty({0, 4}), 4, 2, 2);
  EXPECT_EQ(result.sizes(), at::IntArrayRef({0, 3, 8, 4}));
}

TEST(RoiPool, FarOutsideTheBorderCounts) {
  const at::Tensor features = at::arange(12, at::kFloat).view({1, 1, 3, 4});
  const at::Tensor boxes =
      at::tensor({-1e6F, -1e6F, -1e5F, -1e5F, 1e5F, 1e5F, 1e6F, 1e6F}).view({2, 4});
  const at::Tensor result = roi_pool(features, boxes, 1, 1, 2);
  EXPECT_EQ(result[0].item<float>(), 0);
  EXPECT_EQ(result[1].item<float>(), 11);
}

TEST(RoiPool, WrongInputsAreRefused) {
  const at::Tensor features = at::randn({3, 4, 5, 6});
  const at::Tensor boxes = at::zeros({2, 4});
  EXPECT_NO_THROW(roi_pool(features, boxes, 4, 2, 2));
  EXPECT_THROW(roi_pool(features[0], boxes, 4, 2, 2), c10::Error);
  EXPECT_THROW(roi_pool(at::randn({3, 4, 0, 6}), boxes, 4, 2, 2), c10::Error);
  EXPECT_THROW(roi_pool(features, at::zeros({2, 5}), 4, 2, 2), c10::Error);
  EXPECT_THROW(roi_pool(features, at::zeros({4}), 4, 2, 2), c10::Error);
  EXPECT_THROW(roi_pool(features, boxes, 0, 2, 2), c10::Error);
  EXPECT_THROW(roi_pool(features, boxes, 4, 2, 0), c10::Error);
}

}  // namespace
}  // namespace deepstack
