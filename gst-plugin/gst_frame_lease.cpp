#include "gst-plugin/gst_frame_lease.h"

#include <optional>
#include <string>

#include "gst-plugin/color_space.h"

namespace deepstack::gst {
namespace {

std::optional<PixelFormat> pixel_format(GstVideoFormat format) {
  switch (format) {
    case GST_VIDEO_FORMAT_RGB:
      return PixelFormat::kRgb;
    case GST_VIDEO_FORMAT_BGR:
      return PixelFormat::kBgr;
    case GST_VIDEO_FORMAT_RGBA:
      return PixelFormat::kRgba;
    case GST_VIDEO_FORMAT_BGRA:
      return PixelFormat::kBgra;
    case GST_VIDEO_FORMAT_RGBx:
      return PixelFormat::kRgbx;
    case GST_VIDEO_FORMAT_BGRx:
      return PixelFormat::kBgrx;
    case GST_VIDEO_FORMAT_GRAY8:
      return PixelFormat::kGray8;
    case GST_VIDEO_FORMAT_I420:
      return PixelFormat::kI420;
    case GST_VIDEO_FORMAT_NV12:
      return PixelFormat::kNv12;
    default:
      return {};
  }
}

}  // namespace

GstFrameLease::~GstFrameLease() {
  if (mapped_) gst_video_frame_unmap(&frame_);
}

Result<FrameView> GstFrameLease::view() {
  // NO_REF: the lease outlives the mapping and has a reference already.
  constexpr auto kFlags =
      static_cast<GstMapFlags>(GST_MAP_READ | static_cast<int>(GST_VIDEO_FRAME_MAP_FLAG_NO_REF));
  mapped_ = gst_video_frame_map(&frame_, &info_, buffer_.get(), kFlags);
  if (!mapped_) {
    return invalid("frame of " + std::to_string(gst_buffer_get_size(buffer_.get())) +
                   " bytes cannot be read as " + GST_VIDEO_INFO_NAME(&info_) + " " +
                   std::to_string(info_.width) + "x" + std::to_string(info_.height));
  }
  const std::optional<PixelFormat> format = pixel_format(GST_VIDEO_FRAME_FORMAT(&frame_));
  if (!format) return invalid("frame format is not one of the pad template");

  FrameView view{.format = *format,
                 .width = GST_VIDEO_FRAME_WIDTH(&frame_),
                 .height = GST_VIDEO_FRAME_HEIGHT(&frame_),
                 .matrix = color_matrix(frame_.info.colorimetry),
                 .range = color_range(frame_.info.colorimetry)};
  // With a crop meta the planes hold the whole picture and the caps describe the part to be seen.
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(buffer_.get());
  if (crop != nullptr) {
    if (crop->width > static_cast<guint>(view.width) || crop->x > view.width - crop->width ||
        crop->height > static_cast<guint>(view.height) || crop->y > view.height - crop->height) {
      return invalid("frame has a crop rectangle that lies outside of it");
    }
    view.width = static_cast<int>(crop->width);
    view.height = static_cast<int>(crop->height);
  }
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame_); ++i) {
    Result<Plane> mapped = plane(i, crop);
    if (!mapped.ok()) return mapped.status();
    view.planes.at(i) = *mapped;
  }
  return view;
}

Result<Plane> GstFrameLease::plane(guint index, const GstVideoCropMeta* crop) const {
  const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame_, index);
  if (stride <= 0) return invalid("frame plane " + std::to_string(index) + " runs upwards");
  const auto* data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame_, index));
  // Without a video meta all planes lie in the one mapping.
  const GstMapInfo& map = frame_.map[frame_.meta == nullptr ? 0 : index];
  const uint8_t* end = map.data + map.size;
  if (data < map.data || data > end) {
    return invalid("frame plane " + std::to_string(index) + " begins outside of its memory");
  }
  size_t skip = 0;
  if (crop != nullptr) {
    const GstVideoFormatInfo* format = frame_.info.finfo;
    const guint rows = crop->y >> GST_VIDEO_FORMAT_INFO_H_SUB(format, index);
    const guint columns = crop->x >> GST_VIDEO_FORMAT_INFO_W_SUB(format, index);
    skip = size_t{rows} * static_cast<size_t>(stride) +
           size_t{columns} * static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(&frame_, index));
  }
  const auto size = static_cast<size_t>(end - data);
  if (skip > size) return invalid("frame plane " + std::to_string(index) + " is cropped away");
  return Plane{data + skip, static_cast<size_t>(stride), size - skip};
}

}  // namespace deepstack::gst
