// FrameResult: what was found in a frame, for who writes it onto frames (attach-meta). Plain
// values.
#pragma once

#include <vector>

#include "core/event/event.h"
#include "core/time/media_time.h"

namespace deepstack {

struct FrameResult {
  MediaTime time;
  int width = 0;  // of the frame; boxes are in its pixels
  int height = 0;
  std::vector<ObservedObject> objects;  // of confirmed tracks
};

}  // namespace deepstack
