// Crop contrast: what a lamp, an exposure or a white balance does to all of a picture is taken out of
// it before the model looks, channel by channel (instance normalisation of the input; Ulyanov et al.
// 2016). A model asks for it with `crop_contrast` in its config.
#pragma once

#include <opencv2/core/mat.hpp>

namespace deepstack {

// Changes rgb [h, w] CV_8UC3 in place: every channel gets the mean 127.5 and this deviation, rounded
// and cut to 0..255; a channel that is nearly flat keeps most of its flatness (deviation + 1).
void set_contrast(cv::Mat& rgb, double deviation);

}  // namespace deepstack
