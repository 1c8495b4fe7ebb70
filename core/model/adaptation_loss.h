// AdaptationLoss: what a head is trained on. Three parts:
//   contrast  each pair of views of one track scores above the views of tracks that were seen
//             together with it; on every level, fused, and combined as the gallery combines
//   relation  pairs of which nothing is known keep the score that the original head gives them
//   anchor    weights stay near the original ones, relative to their size
// One thread.
#pragma once

#include <span>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/match_graph.h"
#include "core/model/trainable_fusion.h"

namespace deepstack {

// Which views of a batch are of one track, and which of tracks that were seen together: [N, N]
// bool.
struct KnownPairs {
  at::Tensor same;  // not with itself
  at::Tensor different;
};

class AdaptationLoss {
 public:
  static constexpr double kTemperature = 0.07;
  static constexpr double kRelationWeight = 4;
  static constexpr double kAnchorWeight = 2;

  // The original head's parameters and how its features are matched.
  AdaptationLoss(const FeatureShape& shape, const MatchParameters& match,
                 TrainableFusion::Named original)
      : shape_(shape), match_(match), original_(std::move(original)) {}

  // Scores of every view with every view, each [N, N]: the levels, fused if there is one, combined.
  std::vector<at::Tensor> scores(const FusedViews& views, std::span<const double> seconds) const;

  // Mean over the scores; 0 where a batch knows no difference.
  static at::Tensor contrast(const std::vector<at::Tensor>& scores, const KnownPairs& known);

  static at::Tensor relation(const std::vector<at::Tensor>& scores,
                             const std::vector<at::Tensor>& original, const KnownPairs& known);

  at::Tensor anchor(const TrainableFusion& fusion) const;

 private:
  const FeatureShape shape_;
  const MatchParameters match_;
  const TrainableFusion::Named original_;
};

}  // namespace deepstack
