#include "core/model/vision_tower.h"

#include <gtest/gtest.h>

#include "tests/support/default_model.h"

namespace deepstack {
namespace {

using test::DefaultModel;
using test::expect_close;

TEST(VisionTower, SaysWhatPyTorchSays) {
  const DefaultModel model;
  const TowerOutput output = model.tower.forward(model.reference("pixel_values"), true);
  // The reference keeps the first patches of the first picture of what is wide.
  const at::Tensor last = model.reference("last_hidden_state");
  expect_close(output.last.narrow(0, 0, 1).narrow(1, 0, last.size(1)), last, "last_hidden_state");
  ASSERT_EQ(output.taps.size(), model.config.tap_layers.size());
  for (size_t level = 0; level < output.taps.size(); ++level) {
    const std::string name = "tap." + std::to_string(level);
    const at::Tensor tap = model.reference(name);
    expect_close(output.taps[level].narrow(0, 0, 1).narrow(1, 0, tap.size(1)), tap, name.c_str());
  }
}

TEST(VisionTower, TheTapsDoNotDependOnWhatComesAfterThem) {
  const DefaultModel model;
  const at::Tensor images = model.reference("pixel_values");
  const TowerOutput with = model.tower.forward(images, true);
  const TowerOutput without = model.tower.forward(images, false);
  EXPECT_FALSE(without.last.defined());
  for (size_t level = 0; level < with.taps.size(); ++level) {
    EXPECT_TRUE(at::equal(with.taps[level], without.taps[level]));
  }
}

TEST(VisionTower, PicturesOfOneBatchDoNotSeeEachOther) {
  const DefaultModel model;
  const at::Tensor images = model.reference("pixel_values");
  const TowerOutput both = model.tower.forward(images, true);
  for (int64_t i = 0; i < images.size(0); ++i) {
    const TowerOutput alone = model.tower.forward(images.narrow(0, i, 1), true);
    EXPECT_TRUE(at::allclose(alone.last, both.last.narrow(0, i, 1), 1e-4, 1e-4)) << i;
  }
}

TEST(VisionTower, OtherGridsAreInterpolated) {
  const DefaultModel model;
  const int64_t patch = model.config.patch_size;
  for (const auto& [rows, columns] : {std::pair{1L, 1L}, {3L, 7L}, {24L, 12L}, {1L, 40L}}) {
    const at::Tensor images = at::randint(0, 256, {1, 3, rows * patch, columns * patch}, at::kByte);
    const TowerOutput output = model.tower.forward(images, true);
    EXPECT_EQ(output.last.sizes(), at::IntArrayRef({1, rows * columns, model.config.hidden_size}));
    EXPECT_TRUE(at::isfinite(output.last).all().item<bool>());
  }
}

TEST(VisionTower, APictureThatIsNoMultipleOfThePatchIsRefused) {
  const DefaultModel model;
  EXPECT_THROW(model.tower.forward(at::zeros({1, 3, 17, 16}, at::kByte), true), c10::Error);
}

}  // namespace
}  // namespace deepstack
