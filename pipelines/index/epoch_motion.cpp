#include "pipelines/index/epoch_motion.h"

#include <opencv2/imgcodecs.hpp>

namespace deepstack {

Result<std::vector<Detection>> EpochMotion::look(const cv::Mat& rgb, int64_t number,
                                                 double seconds) try {
  if (frames_ == kFrames) {
    start_ = background_.state();
    background_ = MotionBackground(start_);
    cv::imencode(".png", start_.picture, picture_, {cv::IMWRITE_PNG_COMPRESSION, 1});
    first_frame_ = number;
    frames_ = 0;
  }
  ++frames_;
  return background_.look(rgb, seconds);
} catch (const cv::Exception& error) {
  return internal("frame " + std::to_string(number) + ": motion: " + error.err);
}

void EpochMotion::save(ByteWriter& to) const {
  to.put(first_frame_);
  to.put(start_.last_seconds);
  to.put(start_.frames);
  to.put(picture_);
}

bool EpochMotion::restore(ByteReader& from) {
  from.get(first_frame_);
  from.get(start_.last_seconds);
  from.get(start_.frames);
  from.get(picture_);
  frames_ = 0;
  start_.picture = picture_.empty() ? cv::Mat() : cv::imdecode(picture_, cv::IMREAD_COLOR);
  if (!from.ok() || first_frame_ < 1 || start_.picture.empty() != picture_.empty()) return false;
  background_ = MotionBackground(start_);
  return true;
}

}  // namespace deepstack
