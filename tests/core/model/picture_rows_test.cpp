#include "core/model/picture_rows.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

ModelConfig config_of(int patch, int merge, int temporal, bool bicubic) {
  ModelConfig config;
  config.tower.patch_size = patch;
  config.tower.merge = merge;
  config.tower.temporal_patch = temporal;
  config.picture.bicubic = bicubic;
  config.picture.min_pixels = 1;
  config.picture.max_pixels = 1 << 24;
  config.picture.mean = {0.5, 0.5, 0.5};
  config.picture.std = {0.5, 0.5, 0.5};
  return config;
}

cv::Mat noise(int width, int height, int seed) {
  cv::Mat rgb(height, width, CV_8UC3);
  cv::RNG random(static_cast<uint64_t>(seed));
  random.fill(rgb, cv::RNG::UNIFORM, 0, 256);
  return rgb;
}

at::Tensor bytes_of(const cv::Mat& rgb) {
  return at::from_blob(rgb.data, {1, rgb.rows, rgb.cols, 3}, at::kByte).clone();
}

TEST(PictureRows, APartOfAFrameIsResizedAsTheModelWasTrained) {
  const cv::Mat frame = noise(90, 70, 1);
  const cv::Rect part(11, 7, 40, 50);
  const at::Tensor bicubic = resize_picture(frame(part), 24, 16, config_of(4, 2, 2, true).picture);
  EXPECT_TRUE(at::equal(bicubic, resize_bicubic(bytes_of(frame(part).clone()), 24, 16)))
      << "rows of a part are further apart than they are wide";
  cv::Mat area;
  cv::resize(frame(part), area, {16, 24}, 0, 0, cv::INTER_AREA);
  EXPECT_TRUE(at::equal(resize_picture(frame(part), 24, 16, config_of(4, 1, 1, false).picture),
                        bytes_of(area)));
}

TEST(PictureRows, TheLaterFrameIsInTheLastSlot) {
  const ModelConfig config = config_of(4, 2, 2, true);
  const cv::Mat now = noise(16, 16, 1);
  const cv::Mat before = noise(16, 16, 2);
  const cv::Rect whole(0, 0, 16, 16);
  const at::Tensor pair = stack_frames({now, before}, whole, 16, 16, config);
  ASSERT_EQ(pair.sizes(), at::IntArrayRef({1, 2, 16, 16, 3}));
  EXPECT_TRUE(at::equal(pair.select(1, 0), bytes_of(before)));
  EXPECT_TRUE(at::equal(pair.select(1, 1), bytes_of(now)));
  const at::Tensor alone = stack_frames(now, whole, 16, 16, config);
  EXPECT_TRUE(at::equal(alone.select(1, 0), bytes_of(now)));
  EXPECT_TRUE(at::equal(alone.select(1, 1), bytes_of(now)));
  const at::Tensor single = stack_frames({now, before}, whole, 16, 16, config_of(4, 1, 1, false));
  EXPECT_EQ(single.size(1), 1) << "a model of single frames does not look back";
}

TEST(PictureRows, WhatIsLeftBeyondWholePatchesIsCutOff) {
  const ModelConfig config = config_of(14, 1, 1, false);
  const at::Tensor picture = bytes_of(noise(384, 384, 3)).unsqueeze(1);
  const at::Tensor rows = to_rows(picture, config);
  EXPECT_EQ(rows.sizes(), at::IntArrayRef({27 * 27, 3 * 14 * 14}));
  EXPECT_EQ(grid_of(1, 384, 384, config.tower), (Grid{1, 27, 27}));
  EXPECT_TRUE(
      at::equal(rows, to_rows(picture.narrow(2, 0, 378).narrow(3, 0, 378).contiguous(), config)));
}

TEST(PictureRows, AFrameIsLookedAtInWholeBlocksWithinTheBudget) {
  const ModelConfig qwen = config_of(16, 2, 2, true);
  const ModelConfig ours = config_of(16, 1, 1, false);
  for (const auto& [height, width] :
       {std::pair{1080, 1920}, {1920, 1080}, {240, 320}, {8, 1000}, {1, 1}, {4320, 7680}}) {
    for (const ModelConfig* config : {&qwen, &ours}) {
      const Result<cv::Size> size = frame_size(height, width, 1024, *config);
      ASSERT_TRUE(size.ok()) << size.status().message();
      const int unit = config->tower.patch_size * config->tower.merge;
      EXPECT_EQ(size->height % unit, 0);
      EXPECT_EQ(size->width % unit, 0);
      const Grid grid =
          grid_of(config->tower.temporal_patch, size->height, size->width, config->tower);
      EXPECT_GT(grid.tokens(), 0);
      EXPECT_LE(grid.tokens(), 1024 + 64) << height << "x" << width << ", rounding aside";
    }
  }
  EXPECT_EQ(frame_size(10, 3000, 1024, qwen).status().code(), StatusCode::kInvalid);
}

}  // namespace
}  // namespace deepstack
