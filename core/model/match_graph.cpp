#include "core/model/match_graph.h"

#include "core/model/mrope.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

at::Tensor turn(const at::Tensor& x, const TokenTurns& turns) {
  const std::vector<at::Tensor> halves = x.chunk(2, -1);
  return at::cat({halves[0] * turns.cosine - halves[1] * turns.sine,
                  halves[1] * turns.cosine + halves[0] * turns.sine},
                 -1);
}

}  // namespace

TokenTurns token_turns(std::span<const double> seconds, const FeatureShape& shape,
                       const MatchParameters& parameters) {
  const auto count = static_cast<int64_t>(seconds.size());
  const auto& [time, row, column] = parameters.mrope_amplitude;
  at::Tensor positions = at::empty({count * shape.tokens(), 3}, at::kDouble);
  double* out = positions.mutable_data_ptr<double>();
  for (const double at_s : seconds) {
    for (int cell = 0; cell < shape.tokens(); ++cell) {
      *out++ = at_s * parameters.mrope_rate * time;
      *out++ = cell / shape.columns * row;
      *out++ = cell % shape.columns * column;
    }
  }
  // A model's width and base were checked when it was read.
  const MropeFrequencies rope = *mrope_frequencies(shape.width / 2, parameters.mrope_theta);
  const std::vector<int64_t> section(parameters.mrope_section.begin(),
                                     parameters.mrope_section.end());
  const at::Tensor angles =
      mrope_angles(positions, at::tensor(rope.frequency, at::kDouble), section)
          .view({count, shape.tokens(), shape.width / 2});
  return {angles.cos().to(at::kFloat), angles.sin().to(at::kFloat)};
}

at::Tensor similarity_matrix(const at::Tensor& tokens, const TokenTurns& turns, double scale) {
  const int64_t count = tokens.size(0);
  const int64_t cells = tokens.size(1);
  const at::Tensor turned = turn(tokens, turns).flatten(0, 1);
  const at::Tensor plain = tokens.flatten(0, 1);
  // [asking view, its token, asked view, its token]
  const std::vector<int64_t> shape{count, cells, count, cells};
  const at::Tensor attention = (scale * at::mm(turned, turned.t())).view(shape).softmax(-1);
  const at::Tensor cosine = at::mm(plain, plain.t()).view(shape);
  const at::Tensor along = (attention * cosine).sum(-1);
  // How long what attention found is follows from the asked view's own products: nothing of the
  // size N * N * T * H is made.
  const at::Tensor own = at::bmm(tokens, tokens.transpose(1, 2));             // [N, T, T]
  const at::Tensor by_asked = attention.permute({2, 0, 1, 3}).flatten(1, 2);  // [N, N T, T]
  const at::Tensor length = (at::bmm(by_asked, own) * by_asked)
                                .sum(-1)
                                .clamp_min(1e-6)
                                .sqrt()
                                .view({count, count, cells})
                                .permute({1, 2, 0});
  return (along / length).mean(1);
}

at::Tensor combine_levels(const at::Tensor& similarities, const at::Tensor& gates,
                          const at::Tensor& gap_s, const at::Tensor& level_bias,
                          const at::Tensor& level_gap_slope) {
  const at::Tensor weights = (gates.clamp_min(1e-6).log() + level_bias +
                              level_gap_slope * gap_s.clamp_min(0).log1p().unsqueeze(-1))
                                 .softmax(-1);
  return (weights * similarities).sum(-1);
}

}  // namespace deepstack
