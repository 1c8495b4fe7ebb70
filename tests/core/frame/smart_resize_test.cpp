#include "core/frame/smart_resize.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <climits>
#include <random>

namespace deepstack {

void PrintTo(const PictureSize& size, std::ostream* out) {
  *out << size.height << "x" << size.width;
}

namespace {

constexpr PixelBudget kPicture{};
constexpr PixelBudget kClip{.factor = 32, .min_pixels = 4096, .max_pixels = 25165824};

PictureSize resized(int height, int width) {
  const Result<PictureSize> size = smart_resize({height, width}, kPicture);
  EXPECT_TRUE(size.ok()) << size.status().message();
  return size.ok() ? *size : PictureSize{};
}

PictureSize clip_resized(int64_t frames, int height, int width, const PixelBudget& budget = kClip) {
  const Result<PictureSize> size = smart_resize_clip(frames, {height, width}, budget);
  EXPECT_TRUE(size.ok()) << size.status().message();
  return size.ok() ? *size : PictureSize{};
}

// What the processors of transformers give (height, width).
TEST(SmartResize, PicturesHaveTheSizesOfTheReference) {
  EXPECT_EQ(resized(533, 777), (PictureSize{544, 768}));
  EXPECT_EQ(resized(100, 150), (PictureSize{224, 320}));
  EXPECT_EQ(resized(1080, 1920), (PictureSize{1088, 1920}));
  EXPECT_EQ(resized(48, 2000), (PictureSize{64, 1984}));
  EXPECT_EQ(resized(80, 80), (PictureSize{256, 256}));
  EXPECT_EQ(resized(4320, 7680), (PictureSize{3072, 5440}));
}

TEST(SmartResize, HalvesGoToTheEvenMultiple) {
  const PixelBudget wide{.factor = 32, .min_pixels = 0, .max_pixels = kPicture.max_pixels};
  const int before = std::fegetround();
  for (const int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(mode);
    const Result<PictureSize> size = smart_resize({80, 112}, wide);
    std::fesetround(before);
    ASSERT_TRUE(size.ok());
    EXPECT_EQ(*size, (PictureSize{64, 128})) << "2.5 and 3.5 times 32, rounding mode " << mode;
  }
}

TEST(SmartResize, ClipsHaveTheSizesOfTheReference) {
  EXPECT_EQ(clip_resized(8, 720, 1280), (PictureSize{704, 1280}));
  EXPECT_EQ(clip_resized(16, 1080, 1920), (PictureSize{928, 1664}));
  EXPECT_EQ(clip_resized(768, 1080, 1920), (PictureSize{128, 224}));
}

TEST(SmartResize, ACapHoldsForEachFrame) {
  EXPECT_EQ(clip_resized(8, 720, 1280, cap_per_frame(kClip, 8)), (PictureSize{640, 1152}));
  EXPECT_EQ(clip_resized(16, 1080, 1920, cap_per_frame(kClip, 16)), (PictureSize{640, 1152}));
  EXPECT_EQ(clip_resized(768, 1080, 1920, cap_per_frame(kClip, 768)), (PictureSize{128, 224}));
  EXPECT_EQ(cap_per_frame(kClip, 1'000'000).max_pixels, 4300 * 1'000'000LL)
      << "never less than 1.05 times the least";
}

TEST(SmartResize, SmallFramesAreFirstScaledUp) {
  // 10 x 20 is scaled by 3.2 to 32 x 64; with two frames that is the least a clip may have.
  EXPECT_EQ(clip_resized(2, 10, 20), (PictureSize{32, 64}));
}

TEST(SmartResize, AnOddNumberOfFramesCountsAsItsEvenNeighbour) {
  // 3 frames count as 4 against the budget, but as 3 in the scale, which is then 1.
  EXPECT_EQ(clip_resized(3, 64, 64, {.factor = 32, .min_pixels = 0, .max_pixels = 12288}),
            (PictureSize{64, 64}));
  // 5 count as 4 and are within it.
  EXPECT_EQ(clip_resized(5, 64, 64, {.factor = 32, .min_pixels = 0, .max_pixels = 16384}),
            (PictureSize{64, 64}));
}

TEST(SmartResize, ResultsAreMultiplesWithinTheBudget) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> side(1, 9000);
  int resized_count = 0;
  for (int i = 0; i < 2000; ++i) {
    const PictureSize from{side(random), side(random)};
    const Result<PictureSize> size = smart_resize(from, kPicture);
    if (!size.ok()) continue;
    ++resized_count;
    EXPECT_EQ(size->height % 32, 0);
    EXPECT_EQ(size->width % 32, 0);
    const int64_t pixels = int64_t{size->height} * size->width;
    EXPECT_GE(pixels, kPicture.min_pixels) << from.height << "x" << from.width;
    // Beyond it only when a side was already as short as it may be.
    if (size->height > 32 && size->width > 32) {
      EXPECT_LE(pixels, kPicture.max_pixels);
    }
  }
  EXPECT_GT(resized_count, 1500);
}

TEST(SmartResize, WrongInputsAreRefusedInOneLine) {
  EXPECT_TRUE(smart_resize({10, 2000}, kPicture).ok()) << "200 times is allowed";
  EXPECT_EQ(smart_resize({10, 2001}, kPicture).status().message(),
            "one side of a picture of 2001x10 is more than 200 times the other");
  EXPECT_EQ(smart_resize({0, 10}, kPicture).status().message(),
            "a picture of 10x0 has a side outside 1..65536");
  for (const int side : {0, -1, 65537, INT_MAX, INT_MIN}) {
    EXPECT_EQ(smart_resize({side, 64}, kPicture).status().code(), StatusCode::kInvalid) << side;
    EXPECT_EQ(smart_resize_clip(4, {64, side}, kClip).status().code(), StatusCode::kInvalid);
  }
  for (const int64_t frames : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX}) {
    EXPECT_FALSE(smart_resize_clip(frames, {64, 64}, kClip).ok()) << frames;
  }
  EXPECT_FALSE(smart_resize_clip(2, {1, 201}, kClip).ok());
  for (const PixelBudget& none :
       {PixelBudget{0, 1, 2}, PixelBudget{-32, 1, 2}, PixelBudget{INT_MAX, 1, 2},
        PixelBudget{32, -1, 2}, PixelBudget{32, 3, 2}, PixelBudget{32, 0, 0},
        PixelBudget{32, 0, INT64_MAX}}) {
    EXPECT_FALSE(smart_resize({64, 64}, none).ok());
    EXPECT_FALSE(smart_resize_clip(2, {64, 64}, none).ok());
  }
}

}  // namespace
}  // namespace deepstack
