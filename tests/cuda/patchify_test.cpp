#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

const std::vector<double> kMean{0.485, 0.456, 0.406};
const std::vector<double> kStd{0.229, 0.224, 0.225};

at::Tensor images(int64_t count, int64_t channels, int64_t height, int64_t width) {
  return at::randint(0, 256, {count, channels, height, width}, at::kByte);
}

TEST(Patchify, IsTorchsUnfoldOfTheNormalisedImage) {
  at::manual_seed(1);
  for (const int64_t patch : {1, 2, 14, 16}) {
    for (const auto& [count, rows, columns] :
         {std::tuple{1L, 1L, 1L}, {2L, 3L, 5L}, {5L, 1L, 7L}, {0L, 2L, 2L}}) {
      const at::Tensor bytes = images(count, 3, rows * patch, columns * patch);
      const at::Tensor mean = at::tensor(kMean, at::kDouble).view({1, 3, 1, 1});
      const at::Tensor std = at::tensor(kStd, at::kDouble).view({1, 3, 1, 1});
      const at::Tensor normal = (bytes.to(at::kDouble) / 255 - mean) / std;
      const at::Tensor result = patchify(bytes, patch, kMean, kStd);
      ASSERT_EQ(result.sizes(), at::IntArrayRef({count, rows * columns, 3 * patch * patch}));
      ASSERT_EQ(result.scalar_type(), at::kFloat);
      if (count == 0) continue;
      const at::Tensor unfolded =
          at::im2col(normal, {patch, patch}, {1, 1}, {0, 0}, {patch, patch}).transpose(1, 2);
      EXPECT_TRUE(at::allclose(result.to(at::kDouble), unfolded, 0, 1e-5)) << patch;
    }
  }
}

TEST(Patchify, ALinearLayerOnItIsTheConvolution) {
  at::manual_seed(2);
  const at::Tensor bytes = images(2, 3, 48, 32);
  const at::Tensor weight = at::randn({24, 3, 16, 16}) / 28;
  const at::Tensor bias = at::randn({24});
  const at::Tensor normal = (bytes.to(at::kFloat) / 255 - 0.5) / 0.5;
  const at::Tensor convolved =
      at::conv2d(normal, weight, bias, {16, 16}).flatten(2).transpose(1, 2);
  const std::vector<double> half{0.5, 0.5, 0.5};
  const at::Tensor embedded =
      at::linear(patchify(bytes, 16, half, half), weight.reshape({24, -1}), bias);
  EXPECT_TRUE(at::allclose(embedded, convolved, 1e-4, 1e-4));
}

TEST(Patchify, StridedImagesAreReadRight) {
  at::manual_seed(3);
  const at::Tensor packed = at::randint(0, 256, {2, 8, 12, 3}, at::kByte);
  const at::Tensor planar = packed.permute({0, 3, 1, 2});
  EXPECT_TRUE(
      at::equal(patchify(planar, 4, kMean, kStd), patchify(planar.contiguous(), 4, kMean, kStd)));
}

TEST(Patchify, WrongInputsAreRefused) {
  const at::Tensor good = images(1, 3, 8, 8);
  EXPECT_NO_THROW(patchify(good, 4, kMean, kStd));
  EXPECT_THROW(patchify(good, 3, kMean, kStd), c10::Error) << "8 is no multiple of 3";
  EXPECT_THROW(patchify(good, 0, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(good, -4, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(good[0], 4, kMean, kStd), c10::Error) << "one dimension less";
  EXPECT_THROW(patchify(good.to(at::kFloat), 4, kMean, kStd), c10::Error);
  EXPECT_THROW(patchify(images(1, 4, 8, 8), 4, kMean, kStd), c10::Error) << "a mean is missing";
  EXPECT_THROW(patchify(good, 4, {0.5}, kStd), c10::Error);
}

}  // namespace
}  // namespace deepstack
