#include "core/model/patch_mergers.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

ModelConfig config_of(std::vector<int> deepstack) {
  ModelConfig config;
  config.tower.hidden_size = 8;
  config.tower.merge = 2;
  config.merger = {.output_size = 6, .deepstack = std::move(deepstack)};
  return config;
}

PatchMergers random_mergers(const ModelConfig& config) {
  WeightReader reader = WeightReader::random(7);
  return PatchMergers::load(config, reader, at::kCPU, at::kFloat);
}

// Normalised by token or by block, then Linear, exact GELU, Linear, in double.
at::Tensor by_formula(const std::string& name, const at::Tensor& tokens, int64_t norm_width) {
  WeightReader weights = WeightReader::random(7);
  const auto take = [&](const std::string& part, const std::vector<int64_t>& shape) {
    return weights.take(name + part, shape).to(at::kDouble);
  };
  const at::Tensor normal =
      at::layer_norm(tokens.to(at::kDouble).view({-1, norm_width}), {norm_width},
                     take(".norm.weight", {norm_width}), take(".norm.bias", {norm_width}), 1e-6);
  const at::Tensor inner = at::linear(normal.view({-1, 32}), take(".linear_fc1.weight", {32, 32}),
                                      take(".linear_fc1.bias", {32}));
  const at::Tensor gelu = 0.5 * inner * (1 + at::erf(inner / std::sqrt(2.0)));
  return at::linear(gelu, take(".linear_fc2.weight", {6, 32}), take(".linear_fc2.bias", {6}));
}

TEST(PatchMergers, TheMainOneNormalisesTokensTheOthersBlocks) {
  const PatchMergers mergers = random_mergers(config_of({1, 0}));
  EXPECT_TRUE(mergers.present());
  ASSERT_EQ(mergers.levels(), 2U);
  at::manual_seed(1);
  const at::Tensor tokens = at::randn({12, 8}) + at::arange(12).view({12, 1});
  const auto same = [](const at::Tensor& mine, const at::Tensor& exact) {
    return at::allclose(mine.to(at::kDouble), exact, 1e-5, 1e-5);
  };
  EXPECT_TRUE(same(mergers.merge(tokens), by_formula("merger", tokens, 8)));
  // A level's merger is the one of its place in the config's list.
  EXPECT_TRUE(
      same(mergers.merge_tap(0, tokens), by_formula("deepstack_merger_list.1", tokens, 32)));
  EXPECT_TRUE(
      same(mergers.merge_tap(1, tokens), by_formula("deepstack_merger_list.0", tokens, 32)));
}

TEST(PatchMergers, AModelMayHaveNone) {
  ModelConfig config = config_of({});
  config.merger.output_size = 0;
  EXPECT_FALSE(random_mergers(config).present());
}

}  // namespace
}  // namespace deepstack
