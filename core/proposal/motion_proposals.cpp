#include "core/proposal/motion_background.h"
#include "core/proposal/proposer.h"

namespace deepstack {

Proposer motion_proposer() {
  return [motion = MotionBackground()](const ProposalFrame& frame) mutable
         -> Result<std::vector<Detection>> { return motion.look(frame.rgb, frame.seconds); };
}

}  // namespace deepstack
