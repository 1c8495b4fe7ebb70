#include "core/frame/frame_view.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>

namespace deepstack {
namespace {

constexpr size_t kLargest = SIZE_MAX;
const uint8_t kPixel = 0;

// A frame of 5x3 whose planes are exactly as large as they must be; nothing of them is read.
FrameView smallest(PixelFormat format) {
  FrameView frame{.format = format, .width = 5, .height = 3};
  switch (format) {
    case PixelFormat::kI420:
      frame.planes = {{{&kPixel, 5, 15}, {&kPixel, 3, 6}, {&kPixel, 3, 6}}};
      break;
    case PixelFormat::kNv12:
      frame.planes = {{{&kPixel, 5, 15}, {&kPixel, 6, 12}, {}}};
      break;
    case PixelFormat::kGray8:
      frame.planes[0] = {&kPixel, 5, 15};
      break;
    case PixelFormat::kRgb:
    case PixelFormat::kBgr:
      frame.planes[0] = {&kPixel, 15, 45};
      break;
    default:
      frame.planes[0] = {&kPixel, 20, 60};
  }
  return frame;
}

constexpr PixelFormat kFormats[] = {
    PixelFormat::kRgb,   PixelFormat::kBgr,  PixelFormat::kRgba,
    PixelFormat::kBgra,  PixelFormat::kRgbx, PixelFormat::kBgrx,
    PixelFormat::kGray8, PixelFormat::kI420, PixelFormat::kNv12,
};

TEST(FrameView, PlanesThatJustFitAreValid) {
  for (const PixelFormat format : kFormats) {
    const Status status = smallest(format).validate();
    EXPECT_TRUE(status.ok()) << static_cast<int>(format) << status.message();
  }
}

TEST(FrameView, EveryPlaneIsChecked) {
  for (const PixelFormat format : kFormats) {
    for (size_t plane = 0; plane < 3; ++plane) {
      const FrameView good = smallest(format);
      if (good.planes[plane].data == nullptr) continue;
      const std::string name = "plane " + std::to_string(plane);
      FrameView frame = good;
      frame.planes[plane].data = nullptr;
      EXPECT_NE(frame.validate().message().find(name + " has no data"), std::string::npos);
      frame = good;
      --frame.planes[plane].stride_bytes;
      EXPECT_NE(frame.validate().message().find(name + " has a stride"), std::string::npos);
      frame = good;
      --frame.planes[plane].size_bytes;
      EXPECT_NE(frame.validate().message().find(name + " has"), std::string::npos);
    }
  }
}

TEST(FrameView, TheLastRowNeedsNoPadding) {
  FrameView frame = smallest(PixelFormat::kRgb);
  frame.planes[0] = {&kPixel, 64, 2 * 64 + 15};
  EXPECT_TRUE(frame.validate().ok());
  --frame.planes[0].size_bytes;
  EXPECT_FALSE(frame.validate().ok());
}

TEST(FrameView, F32_HostileSizesAndStridesAreRefused) {
  const struct {
    const char* name;
    std::function<void(FrameView&)> change;
  } cases[] = {
      {"width 0", [](FrameView& f) { f.width = 0; }},
      {"height 0", [](FrameView& f) { f.height = 0; }},
      {"width -1", [](FrameView& f) { f.width = -1; }},
      {"width smallest", [](FrameView& f) { f.width = INT32_MIN; }},
      {"width 16385", [](FrameView& f) { f.width = 16385; }},
      {"height largest", [](FrameView& f) { f.height = INT32_MAX; }},
      {"no stride", [](FrameView& f) { f.planes[0].stride_bytes = 0; }},
      {"no bytes", [](FrameView& f) { f.planes[0].size_bytes = 0; }},
      {"stride -1", [](FrameView& f) { f.planes[0].stride_bytes = kLargest; }},
      // Two rows further on the product wraps around to 0.
      {"stride wraps", [](FrameView& f) { f.planes[0].stride_bytes = kLargest / 2 + 1; }},
      {"larger than its bytes", [](FrameView& f) { f.width = 16384; }},
      {"higher than its bytes", [](FrameView& f) { f.height = 16384; }},
  };
  for (const PixelFormat format : kFormats) {
    for (const auto& hostile : cases) {
      FrameView frame = smallest(format);
      hostile.change(frame);
      EXPECT_EQ(frame.validate().code(), StatusCode::kInvalid)
          << hostile.name << ", format " << static_cast<int>(format);
    }
  }
}

TEST(FrameView, F32_TheLargestFrameIsValid) {
  FrameView frame{.format = PixelFormat::kRgba, .width = 16384, .height = 16384};
  frame.planes[0] = {&kPixel, 65536, size_t{65536} * 16384};
  EXPECT_TRUE(frame.validate().ok());
}

}  // namespace
}  // namespace deepstack
