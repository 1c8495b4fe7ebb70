// RGB pixels of a frame, copied out of whatever memory and format the stream uses, so that the
// stream's buffer can go back before the model runs.
#pragma once

#include <opencv2/core/mat.hpp>

#include "core/frame/frame_view.h"

namespace deepstack {

// [height, width] CV_8UC3 in R, G, B order; YUV by the frame's own matrix and range.
Result<cv::Mat> to_rgb(const FrameView& frame);

}  // namespace deepstack
