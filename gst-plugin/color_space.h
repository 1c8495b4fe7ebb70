// The colours of GStreamer's frames in core's words. What caps leave open is BT.601 of limited range.
#pragma once

#include <gst/video/video.h>

#include "core/frame/frame_view.h"

namespace deepstack::gst {

inline ColorMatrix color_matrix(const GstVideoColorimetry& colorimetry) {
  switch (colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
      return ColorMatrix::kBt709;
    case GST_VIDEO_COLOR_MATRIX_BT2020:
      return ColorMatrix::kBt2020;
    default:
      return ColorMatrix::kBt601;
  }
}

inline ColorRange color_range(const GstVideoColorimetry& colorimetry) {
  return colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255 ? ColorRange::kFull
                                                          : ColorRange::kLimited;
}

}  // namespace deepstack::gst
