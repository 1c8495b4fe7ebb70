// FrameLease: a frame that belongs to the stream and is lent to the analysis. Destroying the lease
// gives the buffer back, which must happen before the model runs: a decoder has few buffers.
#pragma once

#include "core/frame/frame_view.h"

namespace deepstack {

class FrameLease {
 public:
  virtual ~FrameLease() = default;

  // Maps the frame; the view is good until the lease is destroyed. Called once, by any one thread.
  virtual Result<FrameView> view() = 0;
};

}  // namespace deepstack
