#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

const std::vector<double> kMean{0.485, 0.456, 0.406};
const std::vector<double> kStd{0.229, 0.224, 0.225};

at::Tensor images(int64_t count, int64_t frames, int64_t height, int64_t width,
                  int64_t channels = 3) {
  return at::randint(0, 256, {count, frames, height, width, channels}, at::kByte);
}

// Planar and normalised, in double: [K * F, C, H, W].
at::Tensor normalised(const at::Tensor& bytes) {
  const at::Tensor mean = at::tensor(kMean, at::kDouble);
  const at::Tensor std = at::tensor(kStd, at::kDouble);
  return ((bytes.to(at::kDouble) / 255 - mean) / std).flatten(0, 1).permute({0, 3, 1, 2});
}

TEST(Patchify, IsTorchsUnfoldOfTheNormalisedImage) {
  at::manual_seed(1);
  for (const int64_t patch : {1, 2, 14, 16}) {
    for (const auto& [count, rows, columns] :
         {std::tuple{1L, 1L, 1L}, {2L, 3L, 5L}, {5L, 1L, 7L}, {0L, 2L, 2L}}) {
      const at::Tensor bytes = images(count, 1, rows * patch, columns * patch);
      const at::Tensor result = patchify(bytes, patch, 1, 1, kMean, kStd);
      ASSERT_EQ(result.sizes(), at::IntArrayRef({count * rows * columns, 3 * patch * patch}));
      ASSERT_EQ(result.scalar_type(), at::kFloat);
      if (count == 0) continue;
      const at::Tensor unfolded =
          at::im2col(normalised(bytes), {patch, patch}, {1, 1}, {0, 0}, {patch, patch})
              .transpose(1, 2)
              .flatten(0, 1);
      EXPECT_TRUE(at::allclose(result.to(at::kDouble), unfolded, 0, 1e-5)) << patch;
    }
  }
}

// Row and column index as Qwen3-VL's specification writes them (2.2), value by value.
TEST(Patchify, LaysRowsOutAsQwen3Vl) {
  at::manual_seed(4);
  constexpr int64_t kPatch = 3, kMerge = 2, kTemporal = 2, kRows = 4, kColumns = 6, kFrames = 4;
  const at::Tensor bytes = images(2, kFrames, kRows * kPatch, kColumns * kPatch);
  const at::Tensor planar =
      normalised(bytes).view({2, kFrames, 3, kRows * kPatch, kColumns * kPatch});
  const at::Tensor result = patchify(bytes, kPatch, kTemporal, kMerge, kMean, kStd);
  ASSERT_EQ(result.sizes(), at::IntArrayRef({2 * 2 * kRows * kColumns, 3 * 2 * kPatch * kPatch}));
  const auto value = result.accessor<float, 2>();
  const auto pixel = planar.contiguous();
  const auto pixels = pixel.accessor<double, 5>();
  for (int64_t item = 0; item < 2; ++item) {
    for (int64_t t = 0; t < 2; ++t) {
      for (int64_t r = 0; r < kRows; ++r) {
        for (int64_t c = 0; c < kColumns; ++c) {
          const int64_t row = (item * 2 + t) * kRows * kColumns +
                              ((r / 2) * (kColumns / 2) + c / 2) * 4 + (r % 2) * 2 + c % 2;
          for (int64_t i = 0; i < result.size(1); ++i) {
            const int64_t x = i % kPatch;
            const int64_t y = i / kPatch % kPatch;
            const int64_t dt = i / (kPatch * kPatch) % 2;
            const int64_t channel = i / (kPatch * kPatch * 2);
            ASSERT_NEAR(value[row][i],
                        pixels[item][2 * t + dt][channel][r * kPatch + y][c * kPatch + x], 1e-5)
                << item << " " << t << " " << r << " " << c << " " << i;
          }
        }
      }
    }
  }
}

TEST(Patchify, ALinearLayerOnItIsTheConvolution) {
  at::manual_seed(2);
  const at::Tensor bytes = images(2, 1, 48, 32);
  const at::Tensor weight = at::randn({24, 3, 16, 16}) / 28;
  const at::Tensor bias = at::randn({24});
  const at::Tensor convolved = at::conv2d(normalised(bytes).to(at::kFloat), weight, bias, {16, 16})
                                   .flatten(2)
                                   .transpose(1, 2)
                                   .flatten(0, 1);
  const at::Tensor embedded =
      at::linear(patchify(bytes, 16, 1, 1, kMean, kStd), weight.reshape({24, -1}), bias);
  EXPECT_TRUE(at::allclose(embedded, convolved, 1e-4, 1e-4));
}

TEST(Patchify, StridedImagesAreReadRight) {
  at::manual_seed(3);
  const at::Tensor planar = at::randint(0, 256, {2, 2, 3, 8, 12}, at::kByte);
  const at::Tensor packed = planar.permute({0, 1, 3, 4, 2});
  EXPECT_TRUE(at::equal(patchify(packed, 4, 2, 1, kMean, kStd),
                        patchify(packed.contiguous(), 4, 2, 1, kMean, kStd)));
  const at::Tensor one = images(1, 1, 8, 16);
  const at::Tensor twice = one.expand({1, 2, 8, 16, 3});
  EXPECT_TRUE(at::equal(patchify(twice, 4, 2, 2, kMean, kStd),
                        patchify(twice.contiguous(), 4, 2, 2, kMean, kStd)));
}

TEST(Patchify, WrongInputsAreRefused) {
  const at::Tensor good = images(1, 2, 8, 8);
  EXPECT_NO_THROW(patchify(good, 4, 2, 2, kMean, kStd));
  EXPECT_THROW(patchify(good, 3, 1, 1, kMean, kStd), c10::Error) << "8 is no multiple of 3";
  EXPECT_THROW(patchify(good, 4, 1, 3, kMean, kStd), c10::Error) << "nor of 4 * 3";
  EXPECT_THROW(patchify(good, 4, 3, 1, kMean, kStd), c10::Error) << "2 frames are not 3";
  EXPECT_THROW(patchify(good, 0, 1, 1, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(good, -4, 1, 1, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(good, 4, 0, 1, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(good, 4, 1, 0, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(good[0], 4, 1, 1, kMean, kStd), c10::Error) << "one dimension less";
  EXPECT_THROW(patchify(good.to(at::kFloat), 4, 1, 1, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(images(1, 2, 8, 8, 4), 4, 1, 1, kMean, kStd), c10::Error)
      << "a mean is missing";
  EXPECT_THROW(patchify(good, 4, 1, 1, {0.5}, kStd), c10::Error);
}

}  // namespace
}  // namespace deepstack
