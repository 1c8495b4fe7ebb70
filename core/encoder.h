// Encoder: a frame and the boxes in it go in, one multi-level Feature a box comes out. One of the
// two seams of core (the other is Clock): tests put a scripted one here that is slow, fails or runs
// out of memory on command. Implementations are thread-safe; streams share them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "core/frame/box.h"
#include "core/identity/feature.h"
#include "core/identity/match_parameters.h"
#include "core/settings.h"

namespace deepstack {

// What a model is, as far as the rest of core needs to know.
struct ModelInfo {
  std::string name;  // for events: "vit-tiny-people 1"
  std::string sha256;  // of the weights (WeightFiles::sha256); "" when there are no files
  FeatureShape shape;
  std::vector<int> level_blocks;  // blocks of the tower that have run when a level is there, by level
  MatchParameters match;       // how features of this model are compared
  bool fusion_trained = true;  // false: identity adapters and a zero gate, the fusion is the mean
  std::string precision = "fp32";  // of the tower: fp32, bf16 or fp16
  bool looks_back = false;         // a patch reaches over a frame and its predecessor
};

// What is looked at: a frame, and the one that was analysed before it, for models whose patches
// reach over two. A picture converts to one without a predecessor.
struct EncoderFrame {
  EncoderFrame(cv::Mat frame_rgb, cv::Mat previous_rgb = {})  // NOLINT: implicit
      : rgb(std::move(frame_rgb)), previous(std::move(previous_rgb)) {}

  cv::Mat rgb;       // [height, width] CV_8UC3, R first
  cv::Mat previous;  // of the same size and type; empty: there is none
};

// Asked after each level but the last, with the features so far by box: which boxes are to get the
// next level? What it says of a box that stopped before is not looked at. Its error ends encode().
// Called by the thread that encodes, while it has the model.
using GoDeeper = std::function<Result<std::vector<bool>>(std::span<const Feature> so_far)>;

class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual const ModelInfo& info() const = 0;

  // boxes: pixels of the frame; parts outside are cut away, and a box that is empty then gives a
  // zero feature. Features come in the order of boxes. kExhausted: out of memory, smaller work may
  // succeed; kInternal: the device or library failed.
  virtual Result<std::vector<Feature>> encode(const EncoderFrame& frame,
                                              std::span<const Box> boxes) = 0;

  // The same with on-demand levels: features have at least the first level and as many more as
  // go_deeper wants. Where boxes cannot be told apart (a whole frame at once) one gets what any needs.
  // An encoder without a way to stop says everything.
  virtual Result<std::vector<Feature>> encode_adaptively(const EncoderFrame& frame,
                                                         std::span<const Box> boxes,
                                                         const GoDeeper& /*go_deeper*/) {
    return encode(frame, boxes);
  }
};

// The encoder for settings.model on settings.device, shared by every caller in the process that
// asks for the same folder, head, device, precision, region and batch size; its weights live as
// long as a caller holds it.
Result<std::shared_ptr<Encoder>> open_encoder(const Settings& settings);

}  // namespace deepstack
