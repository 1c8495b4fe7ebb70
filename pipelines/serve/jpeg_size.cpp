#include "pipelines/serve/jpeg_size.h"

namespace deepstack {
namespace {

int two_bytes(std::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]) << 8 | static_cast<unsigned char>(bytes[at + 1]);
}

// Segments SOF0..SOF15 begin a picture; three numbers between them mean something else.
bool begins_picture(unsigned char marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

}  // namespace

Result<PictureSize> jpeg_size(std::string_view bytes) {
  if (bytes.size() < 4 || two_bytes(bytes, 0) != 0xFFD8) return corrupt("is no JPEG");
  for (size_t at = 2; at + 9 <= bytes.size();) {
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (static_cast<unsigned char>(bytes[at]) != 0xFF || marker == 0xD9) break;
    if (marker == 0xFF) {  // filling
      ++at;
      continue;
    }
    if (begins_picture(marker))
      return PictureSize{two_bytes(bytes, at + 7), two_bytes(bytes, at + 5)};
    if (marker == 0xDA) break;  // the picture itself: its size should have come before
    at += 2 + static_cast<size_t>(two_bytes(bytes, at + 2));
  }
  return corrupt("is a JPEG that does not say its size");
}

}  // namespace deepstack
