#include "core/model/torch_encoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>

#include "core/model/matcher.h"
#include "core/sha256.h"
#include "tests/support/default_model.h"
#include "tests/support/qwen_model.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_model.h"

namespace deepstack {
namespace {

using test::DefaultModel;
using test::TempFolder;
using test::TinyModel;

Result<std::unique_ptr<TorchEncoder>> load(const std::filesystem::path& folder,
                                           InferenceRegion region = InferenceRegion::kRoiList,
                                           int batch_size = 16) {
  return TorchEncoder::load({.folder = folder, .device = "cpu", .precision = Precision::kFp32},
                            region, batch_size);
}

cv::Mat noise(int width, int height) {
  cv::Mat rgb(height, width, CV_8UC3);
  cv::RNG random(4);
  random.fill(rgb, cv::RNG::UNIFORM, 0, 256);
  return rgb;
}

// The pictures [N, 3, H, W] of the reference as the encoder wants them.
std::vector<cv::Mat> pictures(const at::Tensor& pixel_values) {
  std::vector<cv::Mat> result;
  for (int64_t i = 0; i < pixel_values.size(0); ++i) {
    const at::Tensor packed = pixel_values[i].permute({1, 2, 0}).contiguous();
    cv::Mat rgb(static_cast<int>(packed.size(0)), static_cast<int>(packed.size(1)), CV_8UC3);
    std::memcpy(rgb.data, packed.const_data_ptr(), packed.nbytes());
    result.push_back(rgb);
  }
  return result;
}

at::Tensor to_tensor(const std::vector<float>& values) { return at::tensor(values); }

bool same(const Feature& a, const Feature& b, double tolerance) {
  return at::allclose(to_tensor(a.tokens), to_tensor(b.tokens), tolerance, tolerance) &&
         at::allclose(to_tensor(a.gates), to_tensor(b.gates), tolerance, tolerance) &&
         at::allclose(to_tensor(a.fused), to_tensor(b.fused), tolerance, tolerance);
}

TEST(TorchEncoder, TokensAndScoresAreThoseOfPyTorch) {
  const DefaultModel model;
  const auto encoder = load(DefaultModel::folder());
  ASSERT_TRUE(encoder.ok()) << encoder.status().message();
  const FeatureShape& shape = (*encoder)->info().shape;
  const at::Tensor tokens = model.reference("tokens");  // [N, L, cells, H]
  ASSERT_EQ(tokens.sizes().slice(1), at::IntArrayRef({shape.levels, shape.tokens(), shape.width}));
  std::vector<Appearance> views;
  const double times[] = {0, 5};  // of export.py
  for (const cv::Mat& rgb : pictures(model.reference("crops"))) {
    const Box whole{0, 0, static_cast<float>(rgb.cols), static_cast<float>(rgb.rows)};
    const auto features = (*encoder)->encode(rgb, std::array{whole});
    ASSERT_TRUE(features.ok()) << features.status().message();
    const auto index = static_cast<int64_t>(views.size());
    test::expect_close(to_tensor((*features)[0].tokens), tokens[index].flatten(), "tokens");
    views.push_back(make_appearance((*features)[0], shape, times[index]));
  }
  ASSERT_EQ(views.size(), 2U);
  const Matcher matcher(shape, (*encoder)->info().match);
  const MatchSample query[] = {{views[0].tokens.data(), views[0].seconds}};
  const MatchSample key[] = {{views[1].tokens.data(), views[1].seconds}};
  const int64_t offsets[] = {0, 1};
  const auto score = matcher.similarities(query, key, offsets);
  ASSERT_TRUE(score.ok());
  test::expect_close(to_tensor(*score), model.reference("score"), "score");
}

TEST(TorchEncoder, FeaturesAreInTheOrderOfTheBoxesWhateverTheBatch) {
  const TempFolder folder;
  TinyModel().write(folder);
  const cv::Mat rgb = noise(200, 100);
  std::vector<Box> boxes;
  for (int i = 0; i < 7; ++i) boxes.push_back({10.0F * static_cast<float>(i), 5, 30, 60});
  const auto together = (*load(folder.path()))->encode(rgb, boxes);
  const auto by_three = (*load(folder.path(), InferenceRegion::kRoiList, 3))->encode(rgb, boxes);
  ASSERT_TRUE(together.ok() && by_three.ok());
  ASSERT_EQ(together->size(), 7U);
  const auto single = load(folder.path());
  for (size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_TRUE(same((*together)[i], (*by_three)[i], 1e-5)) << i;
    const auto alone = (*single)->encode(rgb, std::array{boxes[i]});
    EXPECT_TRUE(same((*together)[i], (*alone)[0], 1e-5)) << i;
  }
  EXPECT_FALSE(same((*together)[0], (*together)[1], 1e-3));
}

// Boxes go on while they have fewer levels than these.
GoDeeper up_to(const std::vector<int>& levels, const FeatureShape& shape) {
  return [levels, shape](std::span<const Feature> so_far) -> Result<std::vector<bool>> {
    std::vector<bool> deeper;
    for (size_t i = 0; i < so_far.size(); ++i) {
      deeper.push_back(so_far[i].levels(shape) < levels[i]);
    }
    return deeper;
  };
}

TEST(TorchEncoder, ACropGetsAsManyLevelsAsItNeedsAndTheyAreThoseOfTheWholePass) {
  for (const int batch_size : {1, 2, 16}) {
    const auto encoder = load(DefaultModel::folder(), InferenceRegion::kRoiList, batch_size);
    ASSERT_TRUE(encoder.ok()) << encoder.status().message();
    const FeatureShape& shape = (*encoder)->info().shape;
    EXPECT_EQ((*encoder)->info().level_blocks, (std::vector<int>{3, 6, 9}));
    std::vector<Box> boxes;
    for (int i = 0; i < 6; ++i) boxes.push_back({10.0F * static_cast<float>(i), 5, 30, 60});
    boxes[1] = {500, 0, 20, 40};  // outside
    const std::vector<int> levels{3, 2, 1, 3, 2, 1};
    const cv::Mat rgb = noise(200, 100);
    const auto full = (*encoder)->encode(rgb, boxes);
    const auto some = (*encoder)->encode_adaptively(rgb, boxes, up_to(levels, shape));
    ASSERT_TRUE(full.ok() && some.ok()) << some.status().message();
    for (size_t i = 0; i < boxes.size(); ++i) {
      const Feature& whole = (*full)[i];
      const Feature& feature = (*some)[i];
      ASSERT_EQ(feature.levels(shape), levels[i]) << i;
      const std::vector<float> first(whole.tokens.begin(),
                                     whole.tokens.begin() +
                                         static_cast<std::ptrdiff_t>(feature.tokens.size()));
      EXPECT_TRUE(at::allclose(to_tensor(feature.tokens), to_tensor(first), 1e-4, 1e-4)) << i;
      const at::Tensor gates = to_tensor(feature.gates).view({shape.tokens(), levels[i]});
      EXPECT_TRUE(at::allclose(gates.sum(1), at::ones({shape.tokens()}), 1e-4, 1e-4)) << i;
      if (levels[i] == shape.levels) {
        EXPECT_TRUE(same(feature, whole, 1e-4)) << i;
      } else {
        EXPECT_TRUE(feature.fused.empty()) << i;
      }
    }
  }
}

TEST(TorchEncoder, WhenAllGoOnItIsTheWholePassBitForBit) {
  for (const auto region : {InferenceRegion::kRoiList, InferenceRegion::kFullFrame}) {
    const auto encoder = load(DefaultModel::folder(), region);
    ASSERT_TRUE(encoder.ok()) << encoder.status().message();
    const std::vector<Box> boxes{{0, 0, 30, 60}, {40, 0, 30, 60}, {80, 20, 30, 60}};
    const cv::Mat rgb = noise(200, 100);
    const auto full = (*encoder)->encode(rgb, boxes);
    const auto all = (*encoder)->encode_adaptively(
        rgb, boxes, up_to({3, 3, 3}, (*encoder)->info().shape));
    ASSERT_TRUE(full.ok() && all.ok());
    for (size_t i = 0; i < boxes.size(); ++i) EXPECT_TRUE(same((*full)[i], (*all)[i], 0)) << i;
  }
}

TEST(TorchEncoder, AWholeFrameGoesAsDeepAsAnyBoxNeeds) {
  const auto encoder = load(DefaultModel::folder(), InferenceRegion::kFullFrame);
  ASSERT_TRUE(encoder.ok()) << encoder.status().message();
  const FeatureShape& shape = (*encoder)->info().shape;
  const std::vector<Box> boxes{{0, 0, 30, 60}, {40, 0, 30, 60}};
  const auto features =
      (*encoder)->encode_adaptively(noise(200, 100), boxes, up_to({1, 2}, shape));
  ASSERT_TRUE(features.ok()) << features.status().message();
  EXPECT_EQ((*features)[0].levels(shape), 2);
  EXPECT_EQ((*features)[1].levels(shape), 2);
}

TEST(TorchEncoder, WhatAsksForDepthMayFailAndIsNotAskedAboutNothing) {
  const TempFolder folder;
  TinyModel().write(folder);
  for (const auto region : {InferenceRegion::kRoiList, InferenceRegion::kFullFrame}) {
    const auto encoder = load(folder.path(), region);
    int asked = 0;
    const GoDeeper fails = [&](std::span<const Feature>) -> Result<std::vector<bool>> {
      ++asked;
      return Status(StatusCode::kExhausted, "no room");
    };
    EXPECT_TRUE((*encoder)->encode_adaptively(noise(8, 8), {}, fails)->empty());
    EXPECT_EQ(asked, 0);
    const Box boxes[] = {{0, 0, 4, 4}};
    EXPECT_EQ((*encoder)->encode_adaptively(noise(8, 8), boxes, fails).status().message(),
              "no room");
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE((*encoder)->encode(noise(8, 8), boxes).ok()) << "and the next works";
  }
}

TEST(TorchEncoder, FeaturesHaveTheShapeThatTheModelTells) {
  const TempFolder folder;
  TinyModel().write(folder);
  for (const auto region : {InferenceRegion::kRoiList, InferenceRegion::kFullFrame}) {
    const auto encoder = load(folder.path(), region);
    ASSERT_TRUE(encoder.ok()) << encoder.status().message();
    EXPECT_EQ((*encoder)->info().name, "tiny");
    EXPECT_TRUE((*encoder)->info().fusion_trained);
    const FeatureShape& shape = (*encoder)->info().shape;
    EXPECT_EQ(shape, (FeatureShape{2, 4, 2, 6}));
    const Box boxes[] = {{0, 0, 20, 40}, {50, 10, 30, 30}, {-10, -10, 500, 500}};
    const auto features = (*encoder)->encode(noise(120, 80), boxes);
    ASSERT_TRUE(features.ok()) << features.status().message();
    ASSERT_EQ(features->size(), 3U);
    for (const Feature& feature : *features) {
      EXPECT_EQ(feature.tokens.size(), shape.tokens_size());
      EXPECT_EQ(feature.fused.size(), shape.level_size());
      ASSERT_EQ(feature.gates.size(), 16U);
      for (size_t token = 0; token < 8; ++token) {
        EXPECT_NEAR(feature.gates[2 * token] + feature.gates[2 * token + 1], 1, 1e-5);
      }
    }
  }
}

TEST(TorchEncoder, ABoxOutsideTheFrameHasAZeroFeature) {
  const TempFolder folder;
  TinyModel().write(folder);
  for (const auto region : {InferenceRegion::kRoiList, InferenceRegion::kFullFrame}) {
    const Box boxes[] = {{500, 0, 20, 40}, {0, 0, 20, 40}, {10, 10, 0, 0}, {-50, 0, 50, 40}};
    const auto features = (*load(folder.path(), region))->encode(noise(120, 80), boxes);
    ASSERT_TRUE(features.ok()) << features.status().message();
    for (const size_t i : {0U, 2U, 3U}) {
      for (const float value : (*features)[i].tokens) EXPECT_EQ(value, 0) << i;
    }
    EXPECT_GT(to_tensor((*features)[1].tokens).abs().max().item<float>(), 0);
  }
}

TEST(TorchEncoder, FramesOfAnyShapeAreEncoded) {
  const TempFolder folder;
  TinyModel().write(folder);
  for (const auto region : {InferenceRegion::kRoiList, InferenceRegion::kFullFrame}) {
    const auto encoder = load(folder.path(), region);
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(3, 500), cv::Size(5000, 1)}) {
      const Box boxes[] = {{0, 0, static_cast<float>(size.width), static_cast<float>(size.height)}};
      const auto features = (*encoder)->encode(noise(size.width, size.height), boxes);
      ASSERT_TRUE(features.ok()) << size << features.status().message();
      for (const float value : (*features)[0].tokens) EXPECT_TRUE(std::isfinite(value));
    }
  }
}

TEST(TorchEncoder, AModelOfFramePairsSeesTheFrameBefore) {
  const TempFolder folder;
  folder.write("config.json", test::kTinyQwenConfig);
  for (const auto region : {InferenceRegion::kRoiList, InferenceRegion::kFullFrame}) {
    const auto encoder = TorchEncoder::load({.folder = folder.path(),
                                             .device = "cpu",
                                             .precision = Precision::kFp32,
                                             .random_weights = 5},
                                            region, 16);
    ASSERT_TRUE(encoder.ok()) << encoder.status().message();
    EXPECT_TRUE((*encoder)->info().looks_back);
    EXPECT_FALSE((*encoder)->info().fusion_trained);
    const cv::Mat rgb = noise(96, 64);
    const cv::Mat other(64, 96, CV_8UC3, cv::Scalar(9, 9, 9));
    const Box boxes[] = {{8, 8, 40, 48}};
    const auto alone = (*encoder)->encode(rgb, boxes);
    ASSERT_TRUE(alone.ok()) << alone.status().message();
    const auto with_itself = (*encoder)->encode({rgb, rgb}, boxes);
    const auto after_other = (*encoder)->encode({rgb, other}, boxes);
    EXPECT_TRUE(same((*alone)[0], (*with_itself)[0], 0)) << "a still stands in both slots";
    EXPECT_FALSE(same((*alone)[0], (*after_other)[0], 1e-2));
    const auto turned = (*encoder)->encode({other, rgb}, boxes);
    EXPECT_FALSE(same((*turned)[0], (*after_other)[0], 1e-2)) << "the order of the two counts";
    EXPECT_EQ((*encoder)->encode({rgb, noise(64, 96)}, boxes).status().code(),
              StatusCode::kInvalid);
  }
}

TEST(TorchEncoder, NoBoxesAreNoFeaturesAndNoPictureIsAnError) {
  const TempFolder folder;
  TinyModel().write(folder);
  const auto encoder = load(folder.path());
  EXPECT_TRUE((*encoder)->encode(noise(8, 8), {})->empty());
  const Box boxes[] = {{0, 0, 4, 4}};
  EXPECT_EQ((*encoder)->encode(cv::Mat(), boxes).status().code(), StatusCode::kInvalid);
  EXPECT_EQ((*encoder)->encode(cv::Mat(8, 8, CV_8UC1), boxes).status().code(),
            StatusCode::kInvalid);
}

TEST(TorchEncoder, F17_AModelThatIsSpoiledDoesNotLoadAndSaysWhy) {
  const struct {
    const char* words;
    std::function<void(TinyModel&)> spoil;
  } cases[] = {
      {"tensor blocks.2.norm1.bias is missing",
       [](TinyModel& model) { model.tensors.erase("blocks.2.norm1.bias"); }},
      {"tensor gate.weight has shape [2, 3]",
       [](TinyModel& model) {
         model.tensors["gate.weight"] = {{2, 3}, std::vector<float>(6)};
       }},
      {"tensor norm.weight holds infinite",
       [](TinyModel& model) { model.tensors["norm.weight"].values[3] = NAN; }},
      {"tensor adapters.1.linear.weight is missing",
       [](TinyModel& model) { model.tensors.erase("adapters.1.linear.weight"); }},
      {"'patch_size' is missing", [](TinyModel& model) { model.config.erase("patch_size"); }},
      // The largest model there may be, with the weights of the smallest: 300 GiB, were it
      // believed.
      {"has shape",
       [](TinyModel& model) {
         model.config["hidden_size"] = 8192;
         model.config["num_hidden_layers"] = 128;
         model.config["intermediate_size"] = 65536;
       }},
  };
  for (const auto& spoiled : cases) {
    const TempFolder folder;
    TinyModel model;
    spoiled.spoil(model);
    model.write(folder);
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      const Status status =
          TorchEncoder::load({.folder = folder.path(), .device = "cpu", .precision = precision},
                             InferenceRegion::kRoiList, 16)
              .status();
      EXPECT_EQ(status.code(), StatusCode::kCorrupt) << spoiled.words << ": " << status.message();
      EXPECT_NE(status.message().find(spoiled.words), std::string::npos) << status.message();
      EXPECT_NE(status.message().find(folder.path().string()), std::string::npos);
    }
  }
}

TEST(TorchEncoder, F19_TheModelMayBeReplacedWhileItRuns) {
  const TempFolder folder;
  TinyModel().write(folder);
  const auto encoder = load(folder.path());
  const cv::Mat rgb = noise(40, 40);
  const Box boxes[] = {{0, 0, 20, 40}};
  const auto before = (*encoder)->encode(rgb, boxes);
  std::filesystem::resize_file(folder.path() / "model.safetensors", 0);
  const auto after = (*encoder)->encode(rgb, boxes);
  ASSERT_TRUE(after.ok());
  EXPECT_TRUE(same((*before)[0], (*after)[0], 0));
}

TEST(TorchEncoder, F19_TheModelIsKnownByTheDigestOfItsWeights) {
  const TempFolder folder;
  TinyModel().write(folder);
  const auto encoder = load(folder.path());
  ASSERT_TRUE(encoder.ok());
  std::ifstream file(folder.path() / "model.safetensors", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  Sha256 digest;
  digest.add(bytes.data(), bytes.size());
  EXPECT_EQ((*encoder)->info().sha256, *digest.finish());
}

TEST(TorchEncoder, OneModelIsSharedWhileItIsUsed) {
  const TempFolder folder;
  TinyModel().write(folder);
  Settings settings;
  settings.model = folder.path();
  settings.device = "cpu";
  const auto first = open_encoder(settings);
  ASSERT_TRUE(first.ok()) << first.status().message();
  settings.model = folder.path() / "." / "";
  EXPECT_EQ(open_encoder(settings)->get(), first->get()) << "another spelling of the folder";
  settings.batch_size = 2;
  EXPECT_NE(open_encoder(settings)->get(), first->get());
}

TEST(TorchEncoder, ADeviceThatIsMissingIsToldAsSuch) {
  const TempFolder folder;
  TinyModel().write(folder);
  const auto encoder = TorchEncoder::load({.folder = folder.path(), .device = "cuda:999"},
                                          InferenceRegion::kRoiList, 1);
  EXPECT_EQ(encoder.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(encoder.status().message().find("cuda:999"), std::string::npos);
}

}  // namespace
}  // namespace deepstack
