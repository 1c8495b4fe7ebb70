#include "core/model/adaptation_loss.h"

#include <limits>

namespace deepstack {

std::vector<at::Tensor> AdaptationLoss::scores(const FusedViews& views,
                                               std::span<const double> seconds) const {
  const TokenTurns turns = token_turns(seconds, shape_, match_);
  std::vector<at::Tensor> all;
  for (const at::Tensor& tokens : views.levels.unbind(0)) {
    all.push_back(similarity_matrix(tokens, turns, match_.attention_scale));
  }
  const at::Tensor levels = at::stack(all, -1);
  if (views.fused.defined()) {
    all.push_back(similarity_matrix(views.fused, turns, match_.attention_scale));
  }
  const at::Tensor at_s =
      at::tensor(at::ArrayRef<double>(seconds.data(), seconds.size())).to(at::kFloat);
  const at::Tensor gates = (views.gates.unsqueeze(1) + views.gates.unsqueeze(0)) / 2;
  all.push_back(combine_levels(levels, gates, (at_s.unsqueeze(1) - at_s.unsqueeze(0)).abs(),
                               at::tensor(match_.level_bias), at::tensor(match_.level_gap_slope)));
  return all;
}

at::Tensor AdaptationLoss::contrast(const std::vector<at::Tensor>& scores,
                                    const KnownPairs& known) {
  // A view that nobody is known to differ from has nothing to be told apart from.
  const at::Tensor counted = known.same & known.different.any(1, /*keepdim=*/true);
  const at::Tensor count = counted.sum().clamp_min(1);
  at::Tensor sum = at::zeros({});
  for (const at::Tensor& score : scores) {
    const at::Tensor logits = score / kTemperature;
    const at::Tensor others =
        logits.masked_fill(~known.different, -1e9).logsumexp({1}, /*keepdim=*/true);
    sum = sum + at::softplus(others - logits).masked_fill(~counted, 0).sum() / count;
  }
  return sum / static_cast<double>(scores.size());
}

at::Tensor AdaptationLoss::relation(const std::vector<at::Tensor>& scores,
                                    const std::vector<at::Tensor>& original,
                                    const KnownPairs& known) {
  const at::Tensor unknown = ~(known.same | known.different);
  const at::Tensor count = unknown.sum().clamp_min(1);
  at::Tensor sum = at::zeros({});
  for (size_t i = 0; i < scores.size(); ++i) {
    sum = sum + (scores[i] - original[i]).square().masked_fill(~unknown, 0).sum() / count;
  }
  return sum / static_cast<double>(scores.size());
}

at::Tensor AdaptationLoss::anchor(const TrainableFusion& fusion) const {
  at::Tensor sum = at::zeros({});
  double count = 0;
  for (const auto& [name, value] : fusion.parameters()) {
    if (!value.requires_grad()) continue;
    const at::Tensor& before = original_.at(name);
    // A gate that starts at zero has no size of its own; one is taken to be 0.1 an entry.
    const at::Tensor size =
        before.square().sum().clamp_min(0.01 * static_cast<double>(before.numel()));
    sum = sum + (value - before).square().sum() / size;
    ++count;
  }
  return sum / count;
}

}  // namespace deepstack
