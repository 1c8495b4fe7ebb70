// Detection: something somewhere in one frame, as a detector (upstream, a file, our proposals) says.
#pragma once

#include <string>

#include "core/frame/box.h"

namespace deepstack {

struct Detection {
  Box box;                  // pixels of the frame
  float score = 1;          // 0..1, the detector's confidence
  std::string label;        // class name as the detector gives it; "object" when it gives none
  int label_id = -1;        // the detector's class number, -1 when it gives none
};

}  // namespace deepstack
