#include "core/proposal/proposer.h"

namespace deepstack {
namespace {

Result<std::vector<Detection>> upstream_only(const ProposalFrame& frame) {
  return frame.upstream == nullptr ? std::vector<Detection>{} : *frame.upstream;
}

// Upstream boxes as soon as any frame has carried some; until then, motion.
Proposer automatic_proposer() {
  return [motion = motion_proposer(), upstream_seen = false](const ProposalFrame& frame) mutable
         -> Result<std::vector<Detection>> {
    upstream_seen = upstream_seen || frame.upstream != nullptr;
    return upstream_seen ? upstream_only(frame) : motion(frame);
  };
}

}  // namespace

Result<Proposer> make_proposer(const Settings& settings) {
  switch (settings.proposals) {
    case ProposalSource::kAuto:
      return automatic_proposer();
    case ProposalSource::kUpstream:
      return Proposer(upstream_only);
    case ProposalSource::kMotion:
      return motion_proposer();
    case ProposalSource::kHog:
      return hog_proposer();
    case ProposalSource::kFile:
      return mot_file_proposer(settings.proposals_file);
  }
  return internal("unknown proposals");
}

}  // namespace deepstack
