#include "pipelines/serve/jpeg_size.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

namespace deepstack::test {
namespace {

std::string jpeg(int width, int height) {
  std::vector<uint8_t> bytes;
  cv::imencode(".jpg", cv::Mat(height, width, CV_8UC3, cv::Scalar(1, 2, 3)), bytes);
  return {bytes.begin(), bytes.end()};
}

TEST(JpegSize, IsWhatTheHeaderSays) {
  const Result<PictureSize> size = jpeg_size(jpeg(30, 20));
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(size->width, 30);
  EXPECT_EQ(size->height, 20);
}

TEST(JpegSize, EveryPrefixIsRefusedOrHasTheSize) {
  const std::string whole = jpeg(30, 20);
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const Result<PictureSize> size = jpeg_size(std::string_view(whole).substr(0, bytes));
    EXPECT_TRUE(!size.ok() || size->width == 30) << bytes;
  }
}

TEST(JpegSize, OtherFilesAreRefused) {
  for (const std::string& bytes :
       {std::string("\x89PNG\r\n\x1a\n 12345678"), std::string("GIF89a 12345678"), std::string(),
        std::string("\xFF\xD8\xFF\xDA"
                    "0123456789"),
        std::string("\xFF\xD8") + std::string(100, '\xFF')}) {
    EXPECT_FALSE(jpeg_size(bytes).ok());
  }
}

}  // namespace
}  // namespace deepstack::test
