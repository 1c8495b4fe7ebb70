// MappedCanvas: raw video of a GstBuffer, mapped to be drawn on, for as long as it lives.
#pragma once

#include <gst/video/video.h>

#include "core/overlay/canvas.h"
#include "core/status.h"

namespace deepstack::gst {

class MappedCanvas {
 public:
  MappedCanvas() = default;
  ~MappedCanvas();
  MappedCanvas(const MappedCanvas&) = delete;
  MappedCanvas& operator=(const MappedCanvas&) = delete;

  // Maps a writable buffer. info: the caps that it came with, one of kDrawnFormats; where there is
  // a crop meta the canvas is what it leaves.
  Result<Canvas> map(GstBuffer* buffer, const GstVideoInfo& info);

 private:
  GstVideoFrame frame_{};
  bool mapped_ = false;
};

}  // namespace deepstack::gst

// The formats of the caps whose samples a Canvas can describe.
#define DEEPSTACK_DRAWN_FORMATS                                                                \
  "{ I420, YV12, NV12, NV21, Y42B, Y444, YUY2, UYVY, RGB, BGR, RGBA, BGRA, ARGB, ABGR, RGBx, " \
  "BGRx, "                                                                                     \
  "xRGB, xBGR, GRAY8, P010_10LE, I420_10LE }"
