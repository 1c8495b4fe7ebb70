// KalmanBox: where a tracked box is going. Constant velocity of centre and size with white
// acceleration noise; noise is in box heights, so that near and far people move alike, and time is
// in seconds, so that sampling at 1 or 30 frames a second is the same filter.
#pragma once

#include <opencv2/video/tracking.hpp>

#include "core/byte_stream.h"
#include "core/frame/box.h"

namespace deepstack {

class KalmanBox {
 public:
  explicit KalmanBox(const Box& box);
  // Moved only: a copied cv::Mat is the same numbers, so a copy would be the same filter.
  KalmanBox(KalmanBox&&) = default;
  KalmanBox& operator=(KalmanBox&&) = default;

  // Moves on by this many seconds (>= 0).
  void predict(double seconds);

  // Takes in where the box was seen.
  void correct(const Box& box);

  // The frame has become that many times as wide and as high.
  void rescale(float across, float down);

  Box box() const;

  // Where it will be that many seconds (>= 0) from now.
  Box box_in(double seconds) const;

  // Squared Mahalanobis distance of the centre of a seen box from the prediction (2 degrees of
  // freedom: 9.2 holds 99 % of the right ones).
  float distance(const Box& box) const;

  // What it knows, after which everything is as without. restore(): what is not there is 0.
  void save(ByteWriter& to) const;
  static KalmanBox restore(ByteReader& from);

 private:
  cv::KalmanFilter filter_;  // state: centre x, y, width, height, and their velocities a second
};

}  // namespace deepstack
