// VideoFormat: what a stream says of its frames, as the caps of GStreamer do. A plain value.
#pragma once

#include <string>

namespace deepstack {

struct VideoFormat {
  std::string pixel_format;  // "NV12"
  int width = 0;
  int height = 0;
  int rate_numerator = 0;  // frames a second; 0: variable or unknown
  int rate_denominator = 1;

  bool operator==(const VideoFormat&) const = default;
};

}  // namespace deepstack
