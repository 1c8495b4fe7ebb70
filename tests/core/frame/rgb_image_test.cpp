#include "core/frame/rgb_image.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include <random>
#include <vector>

namespace deepstack {
namespace {

struct Size {
  int width;
  int height;
};
constexpr Size kSizes[] = {{1, 1}, {1, 5}, {7, 1}, {2, 2}, {5, 3}, {33, 17}, {64, 48}};
constexpr size_t kPadding[] = {0, 1, 13};

// The planes of one frame, full of seeded noise, each row padded.
struct NoiseFrame {
  NoiseFrame(PixelFormat format, Size size, size_t padding, int channels) {
    view.format = format;
    view.width = size.width;
    view.height = size.height;
    const bool i420 = format == PixelFormat::kI420;
    const bool nv12 = format == PixelFormat::kNv12;
    const auto width = static_cast<size_t>(size.width);
    const auto height = static_cast<size_t>(size.height);
    add(0, width * static_cast<size_t>(channels), height, padding);
    if (i420 || nv12) add(1, (width + 1) / 2 * (nv12 ? 2 : 1), (height + 1) / 2, padding);
    if (i420) add(2, (width + 1) / 2, (height + 1) / 2, padding);
  }

  void add(size_t plane, size_t row_bytes, size_t rows, size_t padding) {
    const size_t stride = row_bytes + padding;
    bytes[plane].resize(stride * (rows - 1) + row_bytes);
    for (uint8_t& byte : bytes[plane]) byte = static_cast<uint8_t>(random());
    view.planes[plane] = {bytes[plane].data(), stride, bytes[plane].size()};
  }

  int at(size_t plane, int row, int byte) const {
    return bytes[plane][static_cast<size_t>(row) * view.planes[plane].stride_bytes +
                        static_cast<size_t>(byte)];
  }

  // Y, U, V at a pixel; chroma is shared by 2x2 pixels.
  cv::Vec3d yuv(int y, int x) const {
    const bool nv12 = view.format == PixelFormat::kNv12;
    return {static_cast<double>(at(0, y, x)),
            static_cast<double>(nv12 ? at(1, y / 2, x / 2 * 2) : at(1, y / 2, x / 2)),
            static_cast<double>(nv12 ? at(1, y / 2, x / 2 * 2 + 1) : at(2, y / 2, x / 2))};
  }

  std::mt19937 random{11};
  std::vector<uint8_t> bytes[3];
  FrameView view;
};

TEST(RgbImage, PackedFormatsAreReordered) {
  const struct {
    PixelFormat format;
    int channels;
    int red, green, blue;  // where they are in a pixel
  } formats[] = {
      {PixelFormat::kRgb, 3, 0, 1, 2},   {PixelFormat::kBgr, 3, 2, 1, 0},
      {PixelFormat::kRgba, 4, 0, 1, 2},  {PixelFormat::kBgra, 4, 2, 1, 0},
      {PixelFormat::kRgbx, 4, 0, 1, 2},  {PixelFormat::kBgrx, 4, 2, 1, 0},
      {PixelFormat::kGray8, 1, 0, 0, 0},
  };
  for (const auto& format : formats) {
    for (const Size size : kSizes) {
      for (const size_t padding : kPadding) {
        const NoiseFrame frame(format.format, size, padding, format.channels);
        const Result<cv::Mat> rgb = to_rgb(frame.view);
        ASSERT_TRUE(rgb.ok()) << rgb.status().message();
        ASSERT_EQ(rgb->size(), cv::Size(size.width, size.height));
        ASSERT_EQ(rgb->type(), CV_8UC3);
        for (int y = 0; y < size.height; ++y) {
          for (int x = 0; x < size.width; ++x) {
            const int pixel = x * format.channels;
            EXPECT_EQ(rgb->at<cv::Vec3b>(y, x),
                      cv::Vec3b(static_cast<uint8_t>(frame.at(0, y, pixel + format.red)),
                                static_cast<uint8_t>(frame.at(0, y, pixel + format.green)),
                                static_cast<uint8_t>(frame.at(0, y, pixel + format.blue))));
          }
        }
      }
    }
  }
}

// RGB of a YUV value by inverting the definitions of ITU-R BT.601, BT.709 and BT.2020:
//   Y = Kr R + (1 - Kr - Kb) G + Kb B, U = (B - Y) / (2 - 2 Kb), V = (R - Y) / (2 - 2 Kr)
// scaled to 219 and 224 steps from 16 and 128, or to 255 steps from 0 and 128.
cv::Vec3d inverted(const cv::Vec3d& yuv, ColorMatrix matrix, ColorRange range) {
  const double kr = matrix == ColorMatrix::kBt601   ? 0.299
                    : matrix == ColorMatrix::kBt709 ? 0.2126
                                                    : 0.2627;
  const double kb = matrix == ColorMatrix::kBt601   ? 0.114
                    : matrix == ColorMatrix::kBt709 ? 0.0722
                                                    : 0.0593;
  const cv::Matx13d luma(kr, 1 - kr - kb, kb);
  cv::Matx33d forward;
  for (int c = 0; c < 3; ++c) {
    forward(0, c) = luma(c);
    forward(1, c) = ((c == 2 ? 1 : 0) - luma(c)) / (2 - 2 * kb);
    forward(2, c) = ((c == 0 ? 1 : 0) - luma(c)) / (2 - 2 * kr);
  }
  const bool full = range == ColorRange::kFull;
  const cv::Vec3d value((yuv[0] - (full ? 0 : 16)) / (full ? 255 : 219),
                        (yuv[1] - 128) / (full ? 255 : 224), (yuv[2] - 128) / (full ? 255 : 224));
  return 255 * (forward.inv() * value);
}

TEST(RgbImage, YuvFollowsTheItuFormulasOfItsMatrixAndRange) {
  for (const PixelFormat format : {PixelFormat::kI420, PixelFormat::kNv12}) {
    for (const auto matrix : {ColorMatrix::kBt601, ColorMatrix::kBt709, ColorMatrix::kBt2020}) {
      for (const ColorRange range : {ColorRange::kLimited, ColorRange::kFull}) {
        for (const Size size : kSizes) {
          NoiseFrame frame(format, size, 5, 1);
          frame.view.matrix = matrix;
          frame.view.range = range;
          const Result<cv::Mat> rgb = to_rgb(frame.view);
          ASSERT_TRUE(rgb.ok());
          ASSERT_EQ(rgb->size(), cv::Size(size.width, size.height));
          for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
              const cv::Vec3d expected = inverted(frame.yuv(y, x), matrix, range);
              for (int c = 0; c < 3; ++c) {
                ASSERT_NEAR(rgb->at<cv::Vec3b>(y, x)[c], std::clamp(expected[c], 0.0, 255.0), 1)
                    << "matrix " << static_cast<int>(matrix) << " at " << x << "," << y;
              }
            }
          }
        }
      }
    }
  }
}

TEST(RgbImage, LimitedBt601IsWhatOpenCvMakesOfIt) {
  const NoiseFrame i420(PixelFormat::kI420, {64, 48}, 0, 1);
  cv::Mat planes(72, 64, CV_8UC1);
  size_t at = 0;
  for (const auto& plane : i420.bytes) {
    std::copy(plane.begin(), plane.end(), planes.data + at);
    at += plane.size();
  }
  cv::Mat expected;
  cv::cvtColor(planes, expected, cv::COLOR_YUV2RGB_I420);
  // OpenCV cuts luma below 16 off before it adds chroma; the formulas do not.
  cv::Mat dark;
  cv::compare(planes.rowRange(0, 48), 16, dark, cv::CMP_LT);
  const Result<cv::Mat> rgb = to_rgb(i420.view);
  ASSERT_TRUE(rgb.ok());
  cv::Mat difference;
  cv::absdiff(*rgb, expected, difference);
  difference.setTo(cv::Scalar::all(0), dark);
  double largest = 0;
  cv::minMaxLoc(difference.reshape(1), nullptr, &largest);
  EXPECT_LE(largest, 1);
}

TEST(RgbImage, BlackGreyAndWhiteStayGrey) {
  const struct {
    ColorRange range;
    uint8_t luma, grey;
  } cases[] = {{ColorRange::kLimited, 16, 0},    {ColorRange::kLimited, 235, 255},
               {ColorRange::kLimited, 126, 128}, {ColorRange::kFull, 0, 0},
               {ColorRange::kFull, 255, 255},    {ColorRange::kFull, 77, 77}};
  for (const auto& known : cases) {
    NoiseFrame frame(PixelFormat::kNv12, {4, 4}, 0, 1);
    frame.view.range = known.range;
    std::fill(frame.bytes[0].begin(), frame.bytes[0].end(), known.luma);
    std::fill(frame.bytes[1].begin(), frame.bytes[1].end(), uint8_t{128});
    const Result<cv::Mat> rgb = to_rgb(frame.view);
    ASSERT_TRUE(rgb.ok());
    EXPECT_EQ(rgb->at<cv::Vec3b>(3, 3), cv::Vec3b::all(known.grey));
  }
}

TEST(RgbImage, ThePixelsAreACopy) {
  NoiseFrame frame(PixelFormat::kRgb, {4, 4}, 0, 3);
  const Result<cv::Mat> rgb = to_rgb(frame.view);
  ASSERT_TRUE(rgb.ok());
  const cv::Mat before = rgb->clone();
  std::fill(frame.bytes[0].begin(), frame.bytes[0].end(), uint8_t{0});
  EXPECT_EQ(cv::norm(*rgb, before, cv::NORM_INF), 0);
}

TEST(RgbImage, AFrameThatIsNotValidIsRefused) {
  NoiseFrame frame(PixelFormat::kI420, {8, 8}, 0, 1);
  frame.view.planes[2].size_bytes -= 1;
  EXPECT_EQ(to_rgb(frame.view).status().code(), StatusCode::kInvalid);
}

}  // namespace
}  // namespace deepstack
