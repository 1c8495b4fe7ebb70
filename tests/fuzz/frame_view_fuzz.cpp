// Any sizes, strides and plane lengths through FrameView::validate(): what it accepts can be read
// to the last byte of every row.
#include "core/frame/frame_view.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/fuzz/require.h"

namespace deepstack {
namespace {

using test::require;

template <typename T>
T take(const uint8_t*& data, size_t& bytes) {
  T value{};
  const size_t taken = std::min(sizeof value, bytes);
  std::memcpy(&value, data, taken);
  data += taken;
  bytes -= taken;
  return value;
}

// By the definition of the formats, not by what frame_view.cpp says.
size_t row_bytes(const FrameView& frame, size_t plane) {
  const auto width = static_cast<size_t>(frame.width);
  switch (frame.format) {
    case PixelFormat::kRgb:
    case PixelFormat::kBgr:
      return width * 3;
    case PixelFormat::kGray8:
      return width;
    case PixelFormat::kI420:
      return plane == 0 ? width : (width + 1) / 2;
    case PixelFormat::kNv12:
      return plane == 0 ? width : (width + 1) / 2 * 2;
    default:
      return width * 4;
  }
}

size_t planes_of(PixelFormat format) {
  if (format == PixelFormat::kI420) return 3;
  return format == PixelFormat::kNv12 ? 2 : 1;
}

}  // namespace
}  // namespace deepstack

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  using namespace deepstack;
  FrameView frame;
  frame.format = static_cast<PixelFormat>(take<uint8_t>(data, bytes) % 9);
  // Mostly small, so that planes of a few thousand bytes can be enough.
  const bool large = take<uint8_t>(data, bytes) % 8 == 0;
  frame.width = large ? take<int32_t>(data, bytes) : take<int8_t>(data, bytes);
  frame.height = large ? take<int32_t>(data, bytes) : take<int8_t>(data, bytes);
  std::vector<std::unique_ptr<uint8_t[]>> memory;  // of exactly that many bytes, for the sanitizer
  for (Plane& plane : frame.planes) {
    plane.stride_bytes = large ? take<uint64_t>(data, bytes) : take<uint16_t>(data, bytes) % 512;
    plane.size_bytes = take<uint16_t>(data, bytes);
    memory.push_back(std::make_unique<uint8_t[]>(plane.size_bytes));
    plane.data = memory.back().get();
  }
  const Status status = frame.validate();
  if (!status.ok()) {
    test::require_clear(status, StatusCode::kInvalid);
    return 0;
  }
  unsigned sum = 0;
  for (size_t i = 0; i < planes_of(frame.format); ++i) {
    const size_t rows = static_cast<size_t>(i == 0 ? frame.height : (frame.height + 1) / 2);
    for (size_t row = 0; row < rows; ++row) {
      const uint8_t* begin = frame.planes[i].data + row * frame.planes[i].stride_bytes;
      sum += begin[0] + begin[row_bytes(frame, i) - 1];
    }
  }
  require(sum == 0, "every row can be read");
  return 0;
}
