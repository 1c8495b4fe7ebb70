#include "core/frame/rgb_image.h"

#include <opencv2/imgproc.hpp>

namespace deepstack {
namespace {

cv::Mat borrow(const FrameView& frame, size_t plane, int width, int height, int type) {
  // cv::Mat has no read-only form; nothing below writes to it.
  return {height, width, type, const_cast<uint8_t*>(frame.planes[plane].data),
          frame.planes[plane].stride_bytes};
}

// 3x4 matrix [R G B]^T = M * [Y U V 1]^T on 8-bit values (ITU-R BT.601, BT.709, BT.2020: Kr and Kb;
// limited range: Y 16..235, U and V 16..240).
cv::Matx34f yuv_to_rgb(ColorMatrix matrix, ColorRange range) {
  float kr = 0.299F;
  float kb = 0.114F;
  if (matrix == ColorMatrix::kBt709) { kr = 0.2126F; kb = 0.0722F; }
  if (matrix == ColorMatrix::kBt2020) { kr = 0.2627F; kb = 0.0593F; }
  const float kg = 1 - kr - kb;
  const bool full = range == ColorRange::kFull;
  const float luma = full ? 1.0F : 255.0F / 219.0F;
  const float chroma = full ? 1.0F : 255.0F / 224.0F;
  const float red_v = chroma * 2 * (1 - kr);
  const float blue_u = chroma * 2 * (1 - kb);
  const float green_u = -blue_u * kb / kg;
  const float green_v = -red_v * kr / kg;
  const float black = full ? 0.0F : 16.0F * luma;
  return {luma, 0,       red_v,   -128 * red_v - black,
          luma, green_u, green_v, -128 * (green_u + green_v) - black,
          luma, blue_u,  0,       -128 * blue_u - black};
}

cv::Mat yuv_image(const FrameView& frame) {
  const cv::Size size(frame.width, frame.height);
  const int chroma_width = (frame.width + 1) / 2;
  const int chroma_height = (frame.height + 1) / 2;
  std::vector<cv::Mat> channels{borrow(frame, 0, frame.width, frame.height, CV_8UC1)};
  std::vector<cv::Mat> chroma;
  if (frame.format == PixelFormat::kNv12) {
    cv::split(borrow(frame, 1, chroma_width, chroma_height, CV_8UC2), chroma);
  } else {
    chroma = {borrow(frame, 1, chroma_width, chroma_height, CV_8UC1),
              borrow(frame, 2, chroma_width, chroma_height, CV_8UC1)};
  }
  for (const cv::Mat& plane : chroma) {
    cv::Mat large;
    cv::resize(plane, large, cv::Size(2 * chroma_width, 2 * chroma_height), 0, 0,
               cv::INTER_NEAREST);
    channels.push_back(large(cv::Rect({0, 0}, size)));
  }
  cv::Mat yuv;
  cv::merge(channels, yuv);
  return yuv;
}

}  // namespace

Result<cv::Mat> to_rgb(const FrameView& frame) {
  if (Status status = frame.validate(); !status.ok()) return status;
  const auto packed = [&](int channels) {
    return borrow(frame, 0, frame.width, frame.height, CV_8UC(channels));
  };
  cv::Mat rgb;
  switch (frame.format) {
    case PixelFormat::kRgb:
      return packed(3).clone();
    case PixelFormat::kBgr:
      cv::cvtColor(packed(3), rgb, cv::COLOR_BGR2RGB);
      return rgb;
    case PixelFormat::kRgba:
    case PixelFormat::kRgbx:
      cv::cvtColor(packed(4), rgb, cv::COLOR_RGBA2RGB);
      return rgb;
    case PixelFormat::kBgra:
    case PixelFormat::kBgrx:
      cv::cvtColor(packed(4), rgb, cv::COLOR_BGRA2RGB);
      return rgb;
    case PixelFormat::kGray8:
      cv::cvtColor(packed(1), rgb, cv::COLOR_GRAY2RGB);
      return rgb;
    case PixelFormat::kI420:
    case PixelFormat::kNv12:
      cv::transform(yuv_image(frame), rgb, yuv_to_rgb(frame.matrix, frame.range));
      return rgb;
  }
  return invalid("frame has an unknown pixel format");
}

}  // namespace deepstack
