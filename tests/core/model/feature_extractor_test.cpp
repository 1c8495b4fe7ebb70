#include "core/model/feature_extractor.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/qwen_model.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_model.h"

namespace deepstack {
namespace {

using test::TempFolder;

HostTensor pixels(int64_t rows, int64_t columns) {
  std::vector<float> values(static_cast<size_t>(rows * columns));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  return {TensorType::kF32,
          {rows, columns},
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float))};
}

HostTensor grid_thw(const std::vector<int64_t>& values) {
  return {TensorType::kI64,
          {static_cast<int64_t>(values.size()) / 3, 3},
          std::string(reinterpret_cast<const char*>(values.data()), values.size() * 8)};
}

class QwenFeatures : public testing::Test {
 protected:
  QwenFeatures() {
    folder_.write("config.json", test::kTinyQwenConfig);
    auto opened = FeatureExtractor::open({.folder = folder_.path(),
                                          .device = "cpu",
                                          .precision = Precision::kFp32,
                                          .random_weights = 3});
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    extractor_ = *std::move(opened);
  }

  const TempFolder folder_;
  std::unique_ptr<FeatureExtractor> extractor_;
};

TEST_F(QwenFeatures, EveryStageHasItsNameAndShape) {
  const Grid grids[] = {{1, 4, 6}, {2, 2, 2}};
  const Result<HostTensors> features = extractor_->extract(pixels(32, 96), grids);
  ASSERT_TRUE(features.ok()) << features.status().message();
  const std::map<std::string, std::vector<int64_t>> shapes{{"last_hidden_state", {32, 48}},
                                                           {"merged", {8, 40}},
                                                           {"deepstack.0", {8, 40}},
                                                           {"deepstack.1", {8, 40}},
                                                           {"levels.0", {32, 48}},
                                                           {"levels.1", {32, 48}},
                                                           {"fused", {32, 48}},
                                                           {"gates", {32, 2}}};
  ASSERT_EQ(features->size(), shapes.size());
  for (const auto& [name, shape] : shapes) {
    ASSERT_TRUE(features->contains(name)) << name;
    EXPECT_EQ(features->at(name).shape, shape) << name;
  }
}

TEST_F(QwenFeatures, ShapesThatDoNotFitAreInvalidAndSaidInOneLine) {
  const Grid grid[] = {{1, 4, 6}};
  for (const HostTensor& wrong : {pixels(23, 96), pixels(24, 95)}) {
    const Status status = extractor_->extract(wrong, grid).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalid);
    EXPECT_NE(status.message().find("pixel values are"), std::string::npos) << status.message();
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << status.message();
  }
  const Grid odd[] = {{1, 3, 6}};
  EXPECT_NE(extractor_->extract(pixels(18, 96), odd).status().message().find("multiples of 2"),
            std::string::npos);
}

TEST_F(QwenFeatures, APictureStandsInBothSlotsAndAClipInItsOwn) {
  cv::Mat first(16, 24, CV_8UC3, cv::Scalar(10, 20, 30));
  cv::Mat second(16, 24, CV_8UC3, cv::Scalar(200, 100, 50));
  const auto slots = [&](std::span<const cv::Mat> frames) {
    const Result<HostTensors> made = extractor_->preprocess(frames);
    EXPECT_TRUE(made.ok()) << made.status().message();
    float values[96];
    std::memcpy(values, made->at("pixel_values").bytes.data(), sizeof values);
    return std::pair(values[0], values[16]);  // channel 0: slot 0, slot 1
  };
  const auto value = [](int byte) { return (static_cast<float>(byte) - 127.5F) / 127.5F; };
  EXPECT_EQ(slots({&first, 1}), std::pair(value(10), value(10)));
  const cv::Mat clip[] = {first, second, first};
  EXPECT_EQ(slots(clip), std::pair(value(10), value(200)));
  const Result<HostTensors> made = extractor_->preprocess(clip);
  int64_t grid[3];
  std::memcpy(grid, made->at("grid_thw").bytes.data(), sizeof grid);
  EXPECT_EQ(grid[0], 2) << "three frames: the last is repeated";
}

TEST(FeatureExtractor, OurOwnFamilyHasNoMergers) {
  const TempFolder folder;
  test::TinyModel().write(folder);
  const auto extractor = FeatureExtractor::open({.folder = folder.path(), .device = "cpu"});
  ASSERT_TRUE(extractor.ok()) << extractor.status().message();
  const cv::Mat picture(30, 20, CV_8UC3, cv::Scalar(1, 2, 3));
  const Result<HostTensors> made = (*extractor)->preprocess({&picture, 1});
  ASSERT_TRUE(made.ok());
  const Result<std::vector<Grid>> grids = to_grids(made->at("grid_thw"));
  EXPECT_EQ((*grids)[0], (Grid{1, 4, 2}));
  const Result<HostTensors> features = (*extractor)->extract(made->at("pixel_values"), *grids);
  ASSERT_TRUE(features.ok()) << features.status().message();
  EXPECT_FALSE(features->contains("merged"));
  EXPECT_EQ(features->at("fused").shape, (std::vector<int64_t>{8, 6}));
}

TEST(ToGrids, WhatIsNoGridIsRefused) {
  EXPECT_EQ(*to_grids(grid_thw({1, 4, 6, 2, 2, 8})), (std::vector<Grid>{{1, 4, 6}, {2, 2, 8}}));
  EXPECT_FALSE(to_grids(pixels(1, 3)).ok());
  EXPECT_FALSE(to_grids({TensorType::kI64, {3}, std::string(24, '\1')}).ok());
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, int64_t{65537}, INT64_MAX, INT64_MIN}) {
    EXPECT_FALSE(to_grids(grid_thw({1, bad, 6})).ok()) << bad;
  }
  EXPECT_FALSE(to_grids(grid_thw({65536, 65536, 65536})).ok()) << "too many tokens";
}

}  // namespace
}  // namespace deepstack
