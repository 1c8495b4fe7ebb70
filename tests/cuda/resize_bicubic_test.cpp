#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

at::Tensor pictures(int64_t count, int64_t height, int64_t width, int64_t channels) {
  return at::randint(0, 256, {count, height, width, channels}, at::kByte);
}

// The definition of one pass in double, [H, W, C] along dimension 0 or 1.
at::Tensor pass_by_definition(const at::Tensor& in, int64_t dimension, int64_t size) {
  const at::Tensor lines = in.transpose(0, dimension).to(at::kDouble).contiguous();
  const int64_t old_size = lines.size(0);
  if (old_size == size) return in;
  const double scale = static_cast<double>(old_size) / static_cast<double>(size);
  const double stretch = std::max(1.0, scale);
  at::Tensor weights = at::zeros({size, old_size}, at::kDouble);
  for (int64_t i = 0; i < size; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    for (int64_t k = 0; k < old_size; ++k) {
      const double x = std::abs(static_cast<double>(k) + 0.5 - center) / stretch;
      const double inner = 1.5 * x * x * x - 2.5 * x * x + 1;
      const double outer = -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
      weights[i][k] = x < 1 ? inner : x < 2 ? outer : 0.0;
    }
  }
  weights = weights / weights.sum(1, true);
  const at::Tensor exact = at::tensordot(weights, lines, {1}, {0});
  return (exact + 0.5).floor().clamp(0, 255).to(at::kByte).transpose(0, dimension);
}

TEST(ResizeBicubic, IsItsDefinitionAcrossThenDown) {
  at::manual_seed(1);
  int64_t different = 0;
  int64_t total = 0;
  for (const auto& [height, width, new_height, new_width, channels] :
       std::vector<std::array<int64_t, 5>>{{1, 1, 1, 1, 1},
                                           {1, 1, 5, 7, 3},
                                           {4, 4, 4, 9, 3},
                                           {4, 4, 9, 4, 3},
                                           {40, 33, 17, 16, 3},
                                           {16, 16, 32, 32, 3},
                                           {17, 19, 200, 5, 2},
                                           {150, 2, 1, 31, 4},
                                           {3, 90, 50, 1, 1},
                                           {97, 101, 7, 8, 3},
                                           {31, 50, 62, 100, 4}}) {
    const at::Tensor in = pictures(1, height, width, channels);
    const at::Tensor out = resize_bicubic(in, new_height, new_width);
    ASSERT_EQ(out.sizes(), at::IntArrayRef({1, new_height, new_width, channels}));
    ASSERT_TRUE(out.is_contiguous());
    const at::Tensor expected =
        pass_by_definition(pass_by_definition(in[0], 1, new_width), 0, new_height);
    const at::Tensor error = (out[0].to(at::kInt) - expected.to(at::kInt)).abs();
    EXPECT_LE(error.max().item<int>(), 1) << height << "x" << width << " to " << new_height;
    different += error.sum().item<int64_t>();
    total += error.numel();
  }
  // The weights have 22 bits: only what lies next to a half rounds differently.
  EXPECT_LE(different, total / 1000);
}

TEST(ResizeBicubic, IsPillowsToTheBit) {
  // Image.fromarray(in).resize((width, height), Image.BICUBIC) of Pillow 12.1.
  const at::Tensor ramp = at::arange(0, 256, at::kInt).mul(73).remainder(256).to(at::kByte);
  const at::Tensor in = ramp.narrow(0, 0, 20).reshape({1, 4, 5, 1});
  const auto bytes = [](const at::Tensor& x) {
    const at::Tensor flat = x.contiguous();
    const uint8_t* data = flat.const_data_ptr<uint8_t>();
    return std::vector<int>(data, data + flat.numel());
  };
  EXPECT_EQ(bytes(resize_bicubic(in, 2, 3)), (std::vector<int>{90, 169, 129, 127, 138, 147}));
  EXPECT_EQ(bytes(resize_bicubic(in, 3, 7)),
            (std::vector<int>{19,  65,  133, 181, 189, 123, 50,  176, 132, 123, 182,
                              136, 159, 211, 114, 106, 129, 182, 99,  102, 153}));
}

TEST(ResizeBicubic, OvershootIsCutBetweenThePasses) {
  // A black pixel on white: the first pass would reach beyond 255 and is cut to it, or the white
  // rim would come out darker in the second.
  at::Tensor in = at::full({1, 5, 5, 1}, 255, at::kByte);
  in[0][2][2][0] = 0;
  const at::Tensor wide = resize_bicubic(in, 5, 10);
  EXPECT_TRUE(at::equal(resize_bicubic(in, 10, 10), resize_bicubic(wide, 10, 10)));
  EXPECT_EQ(resize_bicubic(in, 10, 10).max().item<int>(), 255);
}

TEST(ResizeBicubic, AFlatPictureStaysFlat) {
  for (const int level : {0, 1, 127, 254, 255}) {
    const at::Tensor in = at::full({1, 37, 23, 3}, level, at::kByte);
    for (const auto& [height, width] : {std::pair{11L, 5L}, {74L, 46L}, {1L, 1L}, {37L, 99L}}) {
      EXPECT_TRUE((resize_bicubic(in, height, width) == level).all().item<bool>()) << level;
    }
  }
}

TEST(ResizeBicubic, RowsMayBeAnywhereAndPicturesAreIndependent) {
  at::manual_seed(2);
  const at::Tensor frames = pictures(3, 40, 50, 3);
  const at::Tensor part = frames.narrow(1, 5, 30).narrow(2, 7, 21);  // a crop, borrowed
  ASSERT_FALSE(part.is_contiguous());
  const at::Tensor expected = resize_bicubic(part.contiguous(), 16, 32);
  EXPECT_TRUE(at::equal(resize_bicubic(part, 16, 32), expected));
  for (int64_t n = 0; n < 3; ++n) {
    EXPECT_TRUE(at::equal(resize_bicubic(part.narrow(0, n, 1), 16, 32)[0], expected[n]));
  }
  const at::Tensor planar = part.permute({0, 3, 1, 2}).contiguous().permute({0, 2, 3, 1});
  EXPECT_TRUE(at::equal(resize_bicubic(planar, 16, 32), expected)) << "not dense: copied";
  const at::Tensor one_column = frames.narrow(2, 4, 1);
  EXPECT_TRUE(
      at::equal(resize_bicubic(one_column, 9, 9), resize_bicubic(one_column.contiguous(), 9, 9)));
}

TEST(ResizeBicubic, TheSameSizeIsACopyAndNothingIsNothing) {
  const at::Tensor in = pictures(2, 6, 7, 3);
  const at::Tensor out = resize_bicubic(in, 6, 7);
  EXPECT_TRUE(at::equal(out, in));
  EXPECT_NE(out.const_data_ptr(), in.const_data_ptr());
  EXPECT_EQ(resize_bicubic(in.narrow(0, 0, 0), 3, 4).sizes(), at::IntArrayRef({0, 3, 4, 3}));
}

TEST(ResizeBicubic, TheNumberOfThreadsDoesNotMatter) {
  const at::Tensor in = pictures(1, 200, 301, 3);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = resize_bicubic(in, 96, 128);
  at::set_num_threads(2);
  EXPECT_TRUE(at::equal(resize_bicubic(in, 96, 128), alone));
  at::set_num_threads(before);
}

TEST(ResizeBicubic, WrongInputsAreRefused) {
  const at::Tensor good = pictures(1, 8, 8, 3);
  EXPECT_NO_THROW(resize_bicubic(good, 4, 4));
  EXPECT_THROW(resize_bicubic(good[0], 4, 4), c10::Error);
  EXPECT_THROW(resize_bicubic(good.to(at::kFloat), 4, 4), c10::Error);
  EXPECT_THROW(resize_bicubic(pictures(1, 8, 8, 5), 4, 4), c10::Error);
  EXPECT_THROW(resize_bicubic(pictures(1, 8, 8, 0), 4, 4), c10::Error);
  EXPECT_THROW(resize_bicubic(pictures(1, 0, 8, 3), 4, 4), c10::Error);
  for (const int64_t side : {int64_t{0}, int64_t{-1}, int64_t{65537}, INT64_MAX, INT64_MIN}) {
    EXPECT_THROW(resize_bicubic(good, side, 4), c10::Error) << side;
    EXPECT_THROW(resize_bicubic(good, 4, side), c10::Error) << side;
  }
  EXPECT_THROW(resize_bicubic(good.expand({int64_t{1} << 40, 8, 8, 3}), 65536, 65536), c10::Error)
      << "more bytes than there can be";
}

}  // namespace
}  // namespace deepstack
