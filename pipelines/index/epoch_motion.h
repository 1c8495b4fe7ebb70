// EpochMotion: motion proposals that can be gone on with after a kill. What OpenCV's background
// model has learned cannot be taken out of it, its picture can: every so many frames (an epoch) the
// model is made anew of its own picture, by everybody, so that who starts from the picture and
// looks at the frames of the epoch again comes to the same model. One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/byte_stream.h"
#include "core/proposal/motion_background.h"
#include "core/status.h"

namespace deepstack {

class EpochMotion {
 public:
  static constexpr int kFrames = 250;  // of an epoch

  // Boxes of what moves in this frame. REQUIRES: numbers rise.
  Result<std::vector<Detection>> look(const cv::Mat& rgb, int64_t number, double seconds);

  // The frame that whoever goes on from save() has to look at first; 1 before there was any.
  int64_t first_frame() const { return first_frame_; }

  void save(ByteWriter& to) const;
  bool restore(ByteReader& from);  // false: it is damaged

 private:
  MotionBackground background_;
  int64_t first_frame_ = 1;
  int frames_ = 0;                 // looked at in this epoch
  MotionBackground::State start_;  // what the epoch began with
  std::vector<uint8_t> picture_;   // of start_, as PNG: without loss
};

}  // namespace deepstack
