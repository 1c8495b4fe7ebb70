// Letters of one size: as high as asked, above the line, as wide as said.
#include "core/overlay/glyph_atlas.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/drawable.h"

namespace deepstack {
namespace {

// Rows and columns that a text covers by more than half, on a black picture, written at (20, 80).
cv::Rect ink(const GlyphAtlas& atlas, std::string_view text) {
  cv::Mat rgb(140, 400, CV_8UC3, cv::Scalar::all(0));
  Canvas canvas = test::rgb_canvas(rgb);
  atlas.draw(canvas, text, 20, 80, {255, 255, 255});
  cv::Mat first;
  cv::extractChannel(rgb, first, 0);
  return cv::boundingRect(first > 100);
}

TEST(GlyphAtlas, CapitalsAreAsHighAsAskedAndStandOnTheLine) {
  for (const int capital : {8, 12, 18, 36}) {
    for (const auto weight : {GlyphAtlas::Weight::kRegular, GlyphAtlas::Weight::kBold}) {
      const cv::Rect seen = ink(GlyphAtlas(capital, weight), "EH8");
      EXPECT_NEAR(seen.height, capital, 1 + capital / 10) << capital;
      EXPECT_NEAR(seen.br().y, 80, 1) << capital;
    }
  }
}

TEST(GlyphAtlas, TextIsAsWideAsItSays) {
  const GlyphAtlas atlas(18, GlyphAtlas::Weight::kBold);
  const cv::Rect seen = ink(atlas, "692a6000");
  EXPECT_GE(seen.x, 19);
  EXPECT_LE(seen.br().x, 20 + atlas.width_of("692a6000") + 1);
  EXPECT_GT(seen.width, atlas.width_of("692a6000") * 3 / 4);
  EXPECT_EQ(atlas.width_of(""), 0);
  EXPECT_EQ(atlas.width_of("11111111"), atlas.width_of("80808080")) << "figures must not jump";
}

TEST(GlyphAtlas, LettersReachBelowTheLineWithinTheDescent) {
  const GlyphAtlas atlas(24, GlyphAtlas::Weight::kRegular);
  EXPECT_GT(ink(atlas, "gpy").br().y, 82);
  EXPECT_LE(ink(atlas, "gpyjq").br().y, 80 + atlas.descent_pixels() + 1);
}

TEST(GlyphAtlas, TheLargestIsMadeInBoundedTimeAndAsSmooth) {
  const auto begin = std::chrono::steady_clock::now();
  const GlyphAtlas atlas(100'000, GlyphAtlas::Weight::kBold);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(atlas.capital_pixels(), 512);
  EXPECT_NEAR(ink(GlyphAtlas(65, GlyphAtlas::Weight::kBold), "E").height,
              ink(GlyphAtlas(64, GlyphAtlas::Weight::kBold), "E").height, 6);
}

TEST(GlyphAtlas, ACharacterItLacksIsOneQuestionMark) {
  const GlyphAtlas atlas(18, GlyphAtlas::Weight::kRegular);
  EXPECT_EQ(atlas.width_of("Jos\xC3\xA9"), atlas.width_of("Jos?"));
  EXPECT_EQ(atlas.width_of("\xF0\x9F\x98\x80"), atlas.width_of("?"));
  EXPECT_EQ(atlas.width_of("\n\x01\x7F"), atlas.width_of("???"));
}

}  // namespace
}  // namespace deepstack
