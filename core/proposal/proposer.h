// Proposer: where to look when no detector runs upstream. One function a source; each keeps what it
// needs between frames and is owned by one Analyzer.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/frame/detection.h"
#include "core/settings.h"

namespace deepstack {

struct ProposalFrame {
  cv::Mat rgb;             // [height, width] CV_8UC3
  int64_t number = 0;      // of the frame in the stream, from 1; counts frames that were not sampled
  double seconds = 0;      // media time
  const std::vector<Detection>* upstream = nullptr;  // null when the frame was not looked at upstream
};

// Boxes in pixels of the frame; or why there are none.
using Proposer = std::function<Result<std::vector<Detection>>(const ProposalFrame&)>;

// The proposer of settings.proposals; fails when a file it needs cannot be read.
Result<Proposer> make_proposer(const Settings& settings);

// Things that move against a learned background (OpenCV's MOG2). Label "object".
Proposer motion_proposer();

// Standing people by histograms of oriented gradients (Dalal & Triggs 2005, OpenCV). Label "person".
Proposer hog_proposer();

// Boxes of a MOTChallenge detection file by frame number. Label "person".
Result<Proposer> mot_file_proposer(const std::string& path);

}  // namespace deepstack
