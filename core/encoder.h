// Encoder: a frame and the boxes in it go in, one multi-level Feature a box comes out. One of the two
// seams of core (the other is Clock): tests put a scripted one here that is slow, fails or runs out
// of memory on command. Implementations are thread-safe; streams share them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/frame/box.h"
#include "core/identity/feature.h"
#include "core/identity/match_parameters.h"
#include "core/settings.h"

namespace deepstack {

// What a model is, as far as the rest of core needs to know.
struct ModelInfo {
  std::string name;           // for events: "vit-tiny-people 1"
  FeatureShape shape;
  MatchParameters match;      // how features of this model are compared
  bool fusion_trained = true; // false: identity adapters and a zero gate, the fusion is the mean
};

class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual const ModelInfo& info() const = 0;

  // rgb: [height, width] CV_8UC3, R first. boxes: pixels of rgb; parts outside are cut away, and a
  // box that is empty then gives a zero feature. Features come in the order of boxes.
  // kExhausted: out of memory, smaller work may succeed; kInternal: the device or library failed.
  virtual Result<std::vector<Feature>> encode(const cv::Mat& rgb, std::span<const Box> boxes) = 0;
};

// The encoder for settings.model on settings.device, shared by every caller in the process that asks
// for the same folder, device, region and batch size; its weights live as long as a caller holds it.
Result<std::shared_ptr<Encoder>> open_encoder(const Settings& settings);

}  // namespace deepstack
