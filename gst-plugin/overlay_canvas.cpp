#include "gst-plugin/overlay_canvas.h"

#include <string>

#include "gst-plugin/color_space.h"

namespace deepstack::gst {
namespace {

Canvas::Model model_of(const GstVideoFormatInfo* format) {
  if (GST_VIDEO_FORMAT_INFO_IS_RGB(format)) return Canvas::Model::kRgb;
  return GST_VIDEO_FORMAT_INFO_IS_GRAY(format) ? Canvas::Model::kGray : Canvas::Model::kYuv;
}

// GStreamer describes a format as Canvas does, component by component.
void describe(const GstVideoFrame& frame, guint index, const PixelRect& shown, Canvas& canvas) {
  const GstVideoFormatInfo* format = frame.info.finfo;
  CanvasComponent& component = canvas.components.at(index);
  component.row_bytes = static_cast<size_t>(GST_VIDEO_FRAME_COMP_STRIDE(&frame, index));
  component.step_bytes = static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, index));
  component.x_shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_W_SUB(format, index));
  component.y_shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_H_SUB(format, index));
  component.data = static_cast<uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, index)) +
                   static_cast<size_t>(shown.y >> component.y_shift) * component.row_bytes +
                   static_cast<size_t>(shown.x >> component.x_shift) * component.step_bytes;
}

}  // namespace

MappedCanvas::~MappedCanvas() {
  if (mapped_) gst_video_frame_unmap(&frame_);
}

Result<Canvas> MappedCanvas::map(GstBuffer* buffer, const GstVideoInfo& info) {
  constexpr auto kFlags = static_cast<GstMapFlags>(
      static_cast<int>(GST_MAP_READWRITE) | static_cast<int>(GST_VIDEO_FRAME_MAP_FLAG_NO_REF));
  mapped_ = gst_video_frame_map(&frame_, &info, buffer, kFlags);
  if (!mapped_) {
    return invalid("frame of " + std::to_string(gst_buffer_get_size(buffer)) +
                   " bytes cannot be drawn on as " + GST_VIDEO_INFO_NAME(&info) + " " +
                   std::to_string(info.width) + "x" + std::to_string(info.height));
  }
  PixelRect shown{0, 0, GST_VIDEO_FRAME_WIDTH(&frame_), GST_VIDEO_FRAME_HEIGHT(&frame_)};
  if (const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(buffer)) {
    shown = intersection(shown, {static_cast<int>(crop->x), static_cast<int>(crop->y),
                                 static_cast<int>(crop->width), static_cast<int>(crop->height)});
    if (shown.empty()) return invalid("frame has a crop rectangle that lies outside of it");
  }
  const GstVideoFormatInfo* format = frame_.info.finfo;
  Canvas canvas;
  canvas.model = model_of(format);
  canvas.has_alpha = GST_VIDEO_FORMAT_INFO_HAS_ALPHA(format);
  canvas.width = shown.width;
  canvas.height = shown.height;
  canvas.depth = static_cast<int>(GST_VIDEO_FORMAT_INFO_DEPTH(format, 0));
  canvas.shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(format, 0));
  canvas.matrix = color_matrix(frame_.info.colorimetry);
  canvas.range = color_range(frame_.info.colorimetry);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_COMPONENTS(&frame_); ++i) {
    describe(frame_, i, shown, canvas);
  }
  return canvas;
}

}  // namespace deepstack::gst
