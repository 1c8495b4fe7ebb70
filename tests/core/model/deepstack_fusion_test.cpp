#include "core/model/deepstack_fusion.h"

#include <gtest/gtest.h>

#include "tests/support/default_model.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_model.h"

namespace deepstack {
namespace {

using test::DefaultModel;
using test::expect_close;

TEST(DeepStackFusion, SaysWhatPyTorchSays) {
  const DefaultModel model;
  const FusedLevels out =
      model.fusion.forward(model.tower.forward(model.reference("pixel_values"), false).taps);
  EXPECT_TRUE(model.fusion.trained());
  expect_close(out.gates, model.reference("gates"), "gates");
  expect_close(out.fused.narrow(0, 0, 1), model.reference("fused"), "fused");
  for (int64_t level = 0; level < out.levels.size(0); ++level) {
    const std::string name = "level." + std::to_string(level);
    expect_close(out.levels[level].narrow(0, 0, 1), model.reference(name), name.c_str());
  }
}

TEST(DeepStackFusion, WithoutAdaptersItIsTheMeanOfTheNormalisedTaps) {
  ModelConfig config;
  config.hidden_size = 12;
  config.tap_layers = {1, 2, 3};
  const test::TempFolder folder;
  test::TinyModel().write(folder);
  const Result<Safetensors> file = Safetensors::open(folder.path() / "model.safetensors");
  ASSERT_TRUE(file.ok());
  WeightReader reader(*file);
  const DeepStackFusion fusion = DeepStackFusion::load(config, reader, at::kCPU);
  EXPECT_FALSE(fusion.trained());
  at::manual_seed(1);
  const std::vector<at::Tensor> taps{at::randn({2, 5, 12}), at::randn({2, 5, 12}) + 3,
                                     10 * at::randn({2, 5, 12})};
  const FusedLevels out = fusion.forward(taps);
  EXPECT_TRUE(at::allclose(out.gates, at::full({2, 5, 3}, 1 / 3.0), 1e-5, 1e-6));
  at::Tensor sum = at::zeros({2, 5, 12});
  for (size_t level = 0; level < 3; ++level) {
    const at::Tensor z = at::layer_norm(taps[level], {12}, {}, {}, 1e-6);
    EXPECT_TRUE(at::allclose(out.levels[static_cast<int64_t>(level)], z, 1e-4, 1e-5)) << level;
    sum += z;
  }
  EXPECT_TRUE(at::allclose(out.fused, at::layer_norm(sum / 3, {12}, {}, {}, 1e-6), 1e-4, 1e-5));
}

}  // namespace
}  // namespace deepstack
