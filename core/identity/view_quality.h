// View quality: how much a detection's pixels can say about who it is, 0..1: what stands before it,
// what the border of the picture cuts off, how large and how sharp it is. Bad views are not kept as
// evidence and teach the gallery nothing. Pure functions.
#pragma once

#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/frame/detection.h"

namespace deepstack {

// Share 0..1 of the box that other boxes hide. Of two boxes that overlap the one whose lower edge is
// lower in the picture stands in front (cameras look down on the ground).
float hidden_share(size_t index, const std::vector<Detection>& detections);

// 0..1: how sharp the pixels of a box are, whatever their contrast: the mean absolute Laplacian in
// units of their deviation, at the detail of a picture 96 pixels high. pixels [h, w] CV_8UC3; a flat
// or tiny picture is not sharp.
float sharpness(const cv::Mat& pixels);

// Quality of the view of one detection among all of its frame, rgb [height, width] CV_8UC3.
float view_quality(size_t index, const std::vector<Detection>& detections, const cv::Mat& rgb);

}  // namespace deepstack
