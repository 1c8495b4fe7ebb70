// TowerPass: the boxes of one frame on their way through the tower, a level at a time, so that it
// can stop for each box as soon as nobody needs more. Either every box is a crop of its own, or the
// frame is looked at as a whole and the levels are pooled over each box.
//
// Lives as long as one call of TorchEncoder::encode; refers to its frame and boxes. What LibTorch
// and OpenCV throw passes through.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/encoder.h"
#include "core/model/vision_model.h"

namespace deepstack {

class TowerPass {
 public:
  virtual ~TowerPass() = default;

  // Goes on to this level (1: the first) with the boxes that are open, and writes their features of
  // so many levels. REQUIRES: levels rise; a box that is left out once is left out from then on.
  virtual void run(size_t level, std::span<const size_t> open, std::vector<Feature>& features) = 0;
};

// Crops go through in batches of at most batch_size, spread over the cores where there is no GPU.
std::unique_ptr<TowerPass> crop_pass(const VisionModel& model, const EncoderFrame& frame,
                                     std::span<const Box> boxes, int batch_size);

// The whole frame goes on while any box is open, and then every box gets the deeper levels.
// kInvalid: the frame has a shape that no picture of the model can have.
Result<std::unique_ptr<TowerPass>> frame_pass(const VisionModel& model, const EncoderFrame& frame,
                                              std::span<const Box> boxes);

}  // namespace deepstack
