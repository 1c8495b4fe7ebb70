#include "core/model/deepstack_fusion.h"

#include <gtest/gtest.h>

#include "tests/support/default_model.h"

namespace deepstack {
namespace {

using test::DefaultModel;
using test::expect_close;

// The fusion that config asks for, with weights from a seed.
DeepStackFusion random_fusion(const ModelConfig& config, uint64_t seed) {
  WeightReader reader = WeightReader::random(seed);
  return DeepStackFusion::load(config, reader, at::kCPU, at::kFloat);
}

ModelConfig config_of(int width, int projection, FusionKind kind, int output) {
  ModelConfig config;
  config.tower.hidden_size = width;
  config.tower.tap_layers = {1, 2, 3};
  config.fusion = {kind, projection, output};
  return config;
}

std::vector<at::Tensor> random_taps(int64_t tokens, int64_t width) {
  at::manual_seed(1);
  return {at::randn({tokens, width}), at::randn({tokens, width}) + 3,
          10 * at::randn({tokens, width})};
}

TEST(DeepStackFusion, SaysWhatPyTorchSays) {
  const DefaultModel model;
  const at::Tensor images = model.reference("pixel_values");
  const FusedLevels out = model.fusion.forward(model.look(images, false).taps);
  EXPECT_TRUE(model.fusion.trained());
  expect_close(DefaultModel::by_picture(out.gates, images.size(0)), model.reference("gates"),
               "gates");
  const at::Tensor fused = model.reference("fused");
  expect_close(out.fused.narrow(0, 0, fused.size(1)), fused[0], "fused");
  for (int64_t level = 0; level < out.levels.size(0); ++level) {
    const std::string name = "level." + std::to_string(level);
    const at::Tensor expected = model.reference(name);
    expect_close(out.levels[level].narrow(0, 0, expected.size(1)), expected[0], name.c_str());
  }
}

TEST(DeepStackFusion, WithoutAdaptersItIsTheMeanOfTheNormalisedTaps) {
  const DeepStackFusion fusion = random_fusion(config_of(12, 0, FusionKind::kGated, 0), 1);
  EXPECT_FALSE(fusion.trained());
  const std::vector<at::Tensor> taps = random_taps(10, 12);
  const FusedLevels out = fusion.forward(taps);
  EXPECT_TRUE(at::allclose(out.gates, at::full({10, 3}, 1 / 3.0), 1e-5, 1e-6));
  at::Tensor sum = at::zeros({10, 12});
  for (size_t level = 0; level < 3; ++level) {
    const at::Tensor z = at::layer_norm(taps[level], {12}, {}, {}, 1e-6);
    EXPECT_TRUE(at::allclose(out.levels[static_cast<int64_t>(level)], z, 1e-4, 1e-5)) << level;
    sum += z;
  }
  EXPECT_TRUE(at::allclose(out.fused, at::layer_norm(sum / 3, {12}, {}, {}, 1e-6), 1e-4, 1e-5));
}

// The article's formulas, in double: Proj_i(F_i) = LN(W_i F_i + b_i), then either the gate's
// weighted sum and LayerNorm, or the levels side by side and LayerNorm, then a Linear.
TEST(DeepStackFusion, IsTheArticlesFormulaGatedAndConcatenated) {
  const std::vector<at::Tensor> taps = random_taps(7, 12);
  for (const FusionKind kind : {FusionKind::kGated, FusionKind::kConcat}) {
    for (const int output : {0, 20}) {
      const DeepStackFusion fusion = random_fusion(config_of(12, 8, kind, output), 5);
      EXPECT_TRUE(fusion.trained());
      WeightReader weights = WeightReader::random(5);
      const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
        return weights.take(name, shape).to(at::kDouble);
      };
      std::vector<at::Tensor> z;
      for (size_t l = 0; l < 3; ++l) {
        const std::string prefix = "adapters." + std::to_string(l) + ".";
        z.push_back(at::layer_norm(
            at::linear(taps[l].to(at::kDouble), take(prefix + "linear.weight", {8, 12}),
                       take(prefix + "linear.bias", {8})),
            {8}, take(prefix + "norm.weight", {8}), take(prefix + "norm.bias", {8}), 1e-6));
      }
      at::Tensor gates = at::full({7, 3}, 1 / 3.0, at::kDouble);
      at::Tensor mixed = at::cat(z, 1);
      if (kind == FusionKind::kGated) {
        gates = at::linear((z[0] + z[1] + z[2]) / 3, take("gate.weight", {3, 8}),
                           take("gate.bias", {3}))
                    .softmax(1);
        mixed = gates.narrow(1, 0, 1) * z[0] + gates.narrow(1, 1, 1) * z[1] +
                gates.narrow(1, 2, 1) * z[2];
      }
      const int64_t width = mixed.size(1);
      at::Tensor fused = at::layer_norm(mixed, {width}, take("fusion_norm.weight", {width}),
                                        take("fusion_norm.bias", {width}), 1e-6);
      if (output > 0) {
        fused = at::linear(fused, take("output.weight", {output, width}),
                           take("output.bias", {output}));
      }
      const FusedLevels out = fusion.forward(taps);
      EXPECT_TRUE(at::allclose(out.levels.to(at::kDouble), at::stack(z), 1e-4, 1e-5));
      EXPECT_TRUE(at::allclose(out.gates.to(at::kDouble), gates, 1e-4, 1e-5));
      EXPECT_TRUE(at::allclose(out.fused.to(at::kDouble), fused, 1e-4, 1e-5));
    }
  }
}

TEST(DeepStackFusion, OfTheFirstTapsTheLevelsAreTheSameAndTheGateChoosesBetweenThem) {
  const std::vector<at::Tensor> taps = random_taps(7, 12);
  for (const FusionKind kind : {FusionKind::kGated, FusionKind::kConcat}) {
    for (const int projection : {0, 8}) {
      const DeepStackFusion fusion = random_fusion(config_of(12, projection, kind, 20), 5);
      const FusedLevels all = fusion.forward(taps);
      for (int64_t count = 1; count < 3; ++count) {
        const FusedLevels first = fusion.forward({taps.begin(), taps.begin() + count});
        EXPECT_TRUE(at::equal(first.levels, all.levels.narrow(0, 0, count))) << count;
        EXPECT_EQ(first.gates.sizes(), at::IntArrayRef({7, count}));
        EXPECT_TRUE(at::allclose(first.gates.sum(1), at::ones({7}), 1e-5, 1e-6)) << count;
        EXPECT_FALSE(first.fused.defined());
      }
    }
  }
}

}  // namespace
}  // namespace deepstack
