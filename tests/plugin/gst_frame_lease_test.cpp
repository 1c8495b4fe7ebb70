// A GstBuffer becomes a FrameView of the same memory, with the buffer's own layout and colours.
#include "gst-plugin/gst_frame_lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepstack::gst {
namespace {

using testing::HasSubstr;

GstVideoInfo make_info(GstVideoFormat format, guint width, guint height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, width, height);
  return info;
}

GstRef<GstBuffer> make_buffer(gsize size) {
  return GstRef<GstBuffer>(gst_buffer_new_allocate(nullptr, size, nullptr));
}

TEST(GstFrameLease, LendsThePlanesOfEveryFormatWithoutACopy) {
  struct Case {
    GstVideoFormat gst;
    PixelFormat core;
    size_t planes;
  };
  for (const Case& item : {Case{GST_VIDEO_FORMAT_RGB, PixelFormat::kRgb, 1},
                           {GST_VIDEO_FORMAT_BGR, PixelFormat::kBgr, 1},
                           {GST_VIDEO_FORMAT_RGBA, PixelFormat::kRgba, 1},
                           {GST_VIDEO_FORMAT_BGRA, PixelFormat::kBgra, 1},
                           {GST_VIDEO_FORMAT_RGBx, PixelFormat::kRgbx, 1},
                           {GST_VIDEO_FORMAT_BGRx, PixelFormat::kBgrx, 1},
                           {GST_VIDEO_FORMAT_GRAY8, PixelFormat::kGray8, 1},
                           {GST_VIDEO_FORMAT_I420, PixelFormat::kI420, 3},
                           {GST_VIDEO_FORMAT_NV12, PixelFormat::kNv12, 2}}) {
    SCOPED_TRACE(gst_video_format_to_string(item.gst));
    const GstVideoInfo info = make_info(item.gst, 63, 47);
    const GstRef<GstBuffer> buffer = make_buffer(GST_VIDEO_INFO_SIZE(&info));
    GstMapInfo map;
    ASSERT_TRUE(gst_buffer_map(buffer.get(), &map, GST_MAP_READ));
    GstFrameLease lease(buffer.get(), info);
    const Result<FrameView> view = lease.view();
    ASSERT_TRUE(view.ok()) << view.status().message();
    EXPECT_TRUE(view->validate().ok()) << view->validate().message();
    EXPECT_EQ(view->format, item.core);
    EXPECT_EQ(view->width, 63);
    EXPECT_EQ(view->height, 47);
    for (size_t plane = 0; plane < item.planes; ++plane) {
      EXPECT_EQ(view->planes[plane].data, map.data + GST_VIDEO_INFO_PLANE_OFFSET(&info, plane));
      EXPECT_EQ(view->planes[plane].stride_bytes,
                static_cast<size_t>(GST_VIDEO_INFO_PLANE_STRIDE(&info, plane)));
    }
    gst_buffer_unmap(buffer.get(), &map);
  }
}

TEST(GstFrameLease, HoldsTheBufferAndGivesItBack) {
  const GstVideoInfo info = make_info(GST_VIDEO_FORMAT_RGB, 8, 8);
  const GstRef<GstBuffer> buffer = make_buffer(GST_VIDEO_INFO_SIZE(&info));
  {
    GstFrameLease lease(buffer.get(), info);
    EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer.get()), 2);
    ASSERT_TRUE(lease.view().ok());
    EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer.get()), 2);
  }
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer.get()), 1);
  EXPECT_TRUE(gst_buffer_is_writable(buffer.get()));
}

TEST(GstFrameLease, FollowsTheStrideAndOffsetsOfAVideoMeta) {
  const GstVideoInfo info = make_info(GST_VIDEO_FORMAT_NV12, 62, 46);
  const GstRef<GstBuffer> buffer = make_buffer(128 * 100);
  gsize offsets[GST_VIDEO_MAX_PLANES] = {64, 64 + 100 * 50};
  gint strides[GST_VIDEO_MAX_PLANES] = {100, 77};
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, 62,
                                 46, 2, offsets, strides);
  GstFrameLease lease(buffer.get(), info);
  const Result<FrameView> view = lease.view();
  ASSERT_TRUE(view.ok()) << view.status().message();
  EXPECT_EQ(view->planes[0].stride_bytes, 100U);
  EXPECT_EQ(view->planes[1].stride_bytes, 77U);
  EXPECT_EQ(view->planes[1].data - view->planes[0].data, 100 * 50);
  EXPECT_TRUE(view->validate().ok()) << view->validate().message();
}

TEST(GstFrameLease, ShowsOnlyWhatACropMetaLeaves) {
  GstVideoInfo info = make_info(GST_VIDEO_FORMAT_I420, 64, 48);
  const GstRef<GstBuffer> buffer = make_buffer(GST_VIDEO_INFO_SIZE(&info));
  gst_buffer_add_video_meta(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 64, 48);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer.get());
  crop->x = 8;
  crop->y = 4;
  crop->width = 32;
  crop->height = 20;
  GstFrameLease whole(buffer.get(), info);
  const Result<FrameView> view = whole.view();
  ASSERT_TRUE(view.ok()) << view.status().message();
  EXPECT_EQ(view->width, 32);
  EXPECT_EQ(view->height, 20);
  EXPECT_TRUE(view->validate().ok());
  // From row 4, column 8 of the first plane to row 2, column 4 of the second.
  const auto luma = static_cast<ptrdiff_t>(view->planes[0].stride_bytes);
  const auto chroma = static_cast<ptrdiff_t>(view->planes[1].stride_bytes);
  EXPECT_EQ(view->planes[1].data - view->planes[0].data, 48 * luma + 2 * chroma + 4 - 4 * luma - 8);

  crop->x = 40;
  GstFrameLease outside(buffer.get(), info);
  EXPECT_THAT(outside.view().status().message(), HasSubstr("crop"));
}

TEST(GstFrameLease, RefusesABufferThatIsTooSmall) {
  const GstVideoInfo info = make_info(GST_VIDEO_FORMAT_RGB, 64, 48);
  const GstRef<GstBuffer> buffer = make_buffer(100);
  GstFrameLease lease(buffer.get(), info);
  const Result<FrameView> view = lease.view();
  ASSERT_FALSE(view.ok());
  EXPECT_EQ(view.status().code(), StatusCode::kInvalid);
  EXPECT_THAT(view.status().message(), HasSubstr("100 bytes cannot be read as RGB 64x48"));
}

TEST(GstFrameLease, TellsTheColoursOfTheCaps) {
  struct Case {
    const char* colorimetry;
    ColorMatrix matrix;
    ColorRange range;
  };
  for (const Case& item : {Case{"bt601", ColorMatrix::kBt601, ColorRange::kLimited},
                           {"bt709", ColorMatrix::kBt709, ColorRange::kLimited},
                           {"bt2020", ColorMatrix::kBt2020, ColorRange::kLimited},
                           {"1:4:0:0", ColorMatrix::kBt601, ColorRange::kFull}}) {
    SCOPED_TRACE(item.colorimetry);
    GstVideoInfo info = make_info(GST_VIDEO_FORMAT_I420, 16, 16);
    ASSERT_TRUE(gst_video_colorimetry_from_string(&info.colorimetry, item.colorimetry));
    const GstRef<GstBuffer> buffer = make_buffer(GST_VIDEO_INFO_SIZE(&info));
    GstFrameLease lease(buffer.get(), info);
    const Result<FrameView> view = lease.view();
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->matrix, item.matrix);
    EXPECT_EQ(view->range, item.range);
  }
}

}  // namespace
}  // namespace deepstack::gst
