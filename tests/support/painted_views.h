// PaintedViews: a ViewSet of people in bands of colours, all in view at once. What differs from
// view to view, noise and how bright the whole is, says nothing of who it is.
#pragma once

#include <opencv2/imgproc.hpp>
#include <random>

#include "core/identity/view_set.h"
#include "core/uniform.h"

namespace deepstack::test {

inline cv::Mat painted_person(size_t person, std::mt19937& random, double noise) {
  constexpr int kBand = 8;
  std::mt19937 own(static_cast<uint32_t>(person) * 7919U + 13U);
  const double light = uniform(random, 0.5, 1.5);
  cv::Mat picture(4 * kBand, 2 * kBand, CV_8UC3);
  for (int y = 0; y < picture.rows; y += kBand) {
    cv::Scalar colour;
    for (int i = 0; i < 3; ++i) colour[i] = light * uniform(own, 0, 170);
    picture.rowRange(y, y + kBand).setTo(colour);
  }
  for (int i = 0; i < picture.rows * picture.cols * 3; ++i) {
    uchar& value = picture.data[i];
    value = cv::saturate_cast<uchar>(value + uniform(random, -noise, noise));
  }
  return picture;
}

inline ViewSet painted_views(size_t people, size_t views, double noise = 20) {
  ViewSet set;
  std::mt19937 random(5);
  for (size_t person = 0; person < people; ++person) {
    set.tracks.push_back({0, static_cast<int64_t>(person) + 1, {}});
    for (size_t view = 0; view < views; ++view) {
      set.tracks.back().views.push_back({painted_person(person, random, noise),
                                         static_cast<double>(view), static_cast<int64_t>(view)});
    }
  }
  return set;
}

}  // namespace deepstack::test
