// Pictures to draw on: a background that is bright above, dark below and busy on the right, as RGB
// or NV12, with the canvas on top of it and the way back to what a person sees.
#pragma once

#include <opencv2/imgproc.hpp>

#include "core/overlay/canvas.h"

namespace deepstack::test {

// Canvas of a picture with three bytes a pixel.
inline Canvas rgb_canvas(cv::Mat& rgb) {
  Canvas canvas;
  canvas.width = rgb.cols;
  canvas.height = rgb.rows;
  for (size_t i = 0; i < 3; ++i) canvas.components[i] = {rgb.data + i, rgb.step[0], 3, 0, 0};
  return canvas;
}

// nv12: CV_8UC1, rows and then half as many of pairs. The size must be even.
inline Canvas nv12_canvas(cv::Mat& nv12) {
  Canvas canvas;
  canvas.model = Canvas::Model::kYuv;
  canvas.width = nv12.cols;
  canvas.height = nv12.rows * 2 / 3;
  uint8_t* chroma = nv12.ptr<uint8_t>(canvas.height);
  canvas.components[0] = {nv12.data, nv12.step[0], 1, 0, 0};
  canvas.components[1] = {chroma, nv12.step[0], 2, 1, 1};
  canvas.components[2] = {chroma + 1, nv12.step[0], 2, 1, 1};
  return canvas;
}

inline cv::Mat rgb_background(int width, int height) {
  cv::Mat rgb(height, width, CV_8UC3);
  const int patch = std::max(8, height / 12);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int light = 235 - 200 * (y / patch * patch) / height;
      const bool busy = x > width * 2 / 3 && (x / patch + y / patch) % 2 == 0;
      const int shown = busy ? 255 - light : light;
      rgb.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(shown), static_cast<uint8_t>(shown * 9 / 10),
                                 static_cast<uint8_t>(shown * 8 / 10)};
    }
  }
  return rgb;
}

inline cv::Mat to_nv12(const cv::Mat& rgb) {
  cv::Mat planes;
  cv::cvtColor(rgb, planes, cv::COLOR_RGB2YUV_I420);
  cv::Mat nv12 = planes.clone();
  const int quarter = rgb.rows * rgb.cols / 4;
  const uint8_t* u = planes.ptr<uint8_t>(rgb.rows);
  uint8_t* pairs = nv12.ptr<uint8_t>(rgb.rows);
  for (int i = 0; i < quarter; ++i) {
    pairs[2 * i] = u[i];
    pairs[2 * i + 1] = u[quarter + i];
  }
  return nv12;
}

inline cv::Mat to_rgb(const cv::Mat& nv12) {
  cv::Mat rgb;
  cv::cvtColor(nv12, rgb, cv::COLOR_YUV2RGB_NV12);
  return rgb;
}

}  // namespace deepstack::test
