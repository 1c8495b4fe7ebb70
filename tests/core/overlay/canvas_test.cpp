// Drawing on planes as they are: clipped, in every layout, and nothing beside what was asked for.
#include "core/overlay/canvas.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/drawable.h"

namespace deepstack {
namespace {

constexpr Color kOrange{240, 120, 48};

TEST(Canvas, FillsWhatItIsToldAndNothingElse) {
  cv::Mat rgb(6, 8, CV_8UC3, cv::Scalar(1, 2, 3));
  Canvas canvas = test::rgb_canvas(rgb);
  canvas.fill({2, 1, 3, 2}, kOrange);
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 8; ++x) {
      const bool inside = x >= 2 && x < 5 && y >= 1 && y < 3;
      EXPECT_EQ(rgb.at<cv::Vec3b>(y, x), inside ? cv::Vec3b(240, 120, 48) : cv::Vec3b(1, 2, 3))
          << x << "," << y;
    }
  }
}

TEST(Canvas, ClipsEverythingToThePicture) {
  // A margin around the picture shows what was written outside of it.
  cv::Mat wide(30, 30, CV_8UC3, cv::Scalar::all(7));
  cv::Mat rgb = wide(cv::Rect(10, 10, 10, 10));
  Canvas canvas = test::rgb_canvas(rgb);
  const std::vector<uint8_t> shares(400, 255);
  for (const PixelRect& rect : {PixelRect{-5, -5, 8, 8},
                                {7, 7, 20, 20},
                                {-9, 3, 100, 2},
                                {40, 0, 5, 5},
                                {3, -20, 4, 10},
                                {5, 5, 0, 4},
                                {5, 5, -3, 4}}) {
    canvas.fill(rect, kOrange);
    canvas.darken(rect, 100);
    canvas.blend({shares, 20, 20}, rect.x, rect.y, kOrange);
  }
  wide(cv::Rect(10, 10, 10, 10)).setTo(cv::Scalar::all(7));
  EXPECT_EQ(cv::countNonZero(wide.reshape(1) != 7), 0);
}

TEST(Canvas, Nv12HasTheColourInBothPlanes) {
  cv::Mat nv12 = test::to_nv12(cv::Mat(16, 16, CV_8UC3, cv::Scalar::all(128)));
  Canvas canvas = test::nv12_canvas(nv12);
  EXPECT_EQ(canvas.grid(), 2);
  canvas.fill({4, 4, 6, 6}, kOrange);
  const cv::Mat seen = test::to_rgb(nv12);
  EXPECT_LE(cv::norm(seen.at<cv::Vec3b>(5, 5), cv::Vec3b(240, 120, 48), cv::NORM_INF), 3);
  EXPECT_LE(cv::norm(seen.at<cv::Vec3b>(9, 9), cv::Vec3b(240, 120, 48), cv::NORM_INF), 3);
  EXPECT_LE(cv::norm(seen.at<cv::Vec3b>(3, 3), cv::Vec3b(128, 128, 128), cv::NORM_INF), 2);
  EXPECT_LE(cv::norm(seen.at<cv::Vec3b>(10, 10), cv::Vec3b(128, 128, 128), cv::NORM_INF), 2);
}

TEST(Canvas, ColoursGoByMatrixRangeAndDepth) {
  struct Case {
    ColorMatrix matrix;
    ColorRange range;
    int depth;
    int shift;
    std::array<int, 3> blue;  // by the formulas of BT.601 and BT.709, by hand
  };
  for (const Case& item :
       {Case{ColorMatrix::kBt601, ColorRange::kLimited, 8, 0, {41, 240, 110}},
        {ColorMatrix::kBt601, ColorRange::kFull, 8, 0, {29, 255, 107}},
        {ColorMatrix::kBt709, ColorRange::kLimited, 8, 0, {32, 240, 118}},
        {ColorMatrix::kBt709, ColorRange::kLimited, 10, 0, {127, 960, 471}},
        {ColorMatrix::kBt709, ColorRange::kLimited, 10, 6, {127 << 6, 960 << 6, 471 << 6}}}) {
    std::vector<uint16_t> words(3, 0);
    std::vector<uint8_t> bytes(3, 0);
    Canvas canvas;
    canvas.model = Canvas::Model::kYuv;
    canvas.width = canvas.height = 1;
    canvas.matrix = item.matrix;
    canvas.range = item.range;
    canvas.depth = item.depth;
    canvas.shift = item.shift;
    for (size_t i = 0; i < 3; ++i) {
      canvas.components[i].data =
          item.depth > 8 ? reinterpret_cast<uint8_t*>(&words[i]) : &bytes[i];
    }
    canvas.fill({0, 0, 1, 1}, {0, 0, 255});
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(item.depth > 8 ? words[i] : bytes[i], item.blue[i]) << item.depth << " " << i;
    }
  }
}

TEST(Canvas, DarkensBrightnessAndLeavesColour) {
  cv::Mat nv12 = test::to_nv12(cv::Mat(4, 4, CV_8UC3, cv::Scalar(240, 120, 48)));
  const cv::Mat before = nv12.clone();
  Canvas canvas = test::nv12_canvas(nv12);
  canvas.darken({0, 0, 4, 4}, 128);
  EXPECT_EQ(nv12.at<uint8_t>(0, 0), 16 + (before.at<uint8_t>(0, 0) - 16) / 2);
  EXPECT_EQ(nv12.at<uint8_t>(4, 0), before.at<uint8_t>(4, 0));
}

TEST(Canvas, BlendsByTheShareThatIsCovered) {
  cv::Mat rgb(2, 3, CV_8UC3, cv::Scalar::all(100));
  Canvas canvas = test::rgb_canvas(rgb);
  const std::vector<uint8_t> shares{0, 128, 255};
  canvas.blend({shares, 3, 1}, 0, 1, {200, 0, 100});
  EXPECT_EQ(rgb.at<cv::Vec3b>(1, 0), cv::Vec3b(100, 100, 100));
  EXPECT_EQ(rgb.at<cv::Vec3b>(1, 1), cv::Vec3b(150, 50, 100));
  EXPECT_EQ(rgb.at<cv::Vec3b>(1, 2), cv::Vec3b(200, 0, 100));
  EXPECT_EQ(rgb.at<cv::Vec3b>(0, 2), cv::Vec3b(100, 100, 100));
}

TEST(Canvas, MakesWhatItDrawsOpaque) {
  cv::Mat rgba(1, 2, CV_8UC4, cv::Scalar(1, 2, 3, 0));
  Canvas canvas;
  canvas.width = 2;
  canvas.height = 1;
  canvas.has_alpha = true;
  for (size_t i = 0; i < 4; ++i) canvas.components[i] = {rgba.data + i, rgba.step[0], 4, 0, 0};
  canvas.fill({0, 0, 1, 1}, kOrange);
  EXPECT_EQ(rgba.at<cv::Vec4b>(0, 0), cv::Vec4b(240, 120, 48, 255));
  EXPECT_EQ(rgba.at<cv::Vec4b>(0, 1), cv::Vec4b(1, 2, 3, 0));
}

}  // namespace
}  // namespace deepstack
