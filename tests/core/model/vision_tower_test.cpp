#include "core/model/vision_tower.h"

#include <gtest/gtest.h>

#include "tests/support/default_model.h"

namespace deepstack {
namespace {

using test::DefaultModel;
using test::expect_close;

TEST(VisionTower, SaysWhatPyTorchSays) {
  const DefaultModel model;
  const at::Tensor images = model.reference("pixel_values");
  const TowerOutput output = model.look(images, true);
  // The reference keeps the first patches of the first picture of what is wide.
  const at::Tensor last = model.reference("last_hidden_state");
  expect_close(output.last.narrow(0, 0, last.size(1)), last[0], "last_hidden_state");
  ASSERT_EQ(output.taps.size(), model.config.tower.tap_layers.size());
  for (size_t level = 0; level < output.taps.size(); ++level) {
    const std::string name = "tap." + std::to_string(level);
    const at::Tensor tap = model.reference(name);
    expect_close(output.taps[level].narrow(0, 0, tap.size(1)), tap[0], name.c_str());
  }
}

TEST(VisionTower, TheTapsDoNotDependOnWhatComesAfterThem) {
  const DefaultModel model;
  const at::Tensor images = model.reference("pixel_values");
  const TowerOutput with = model.look(images, true);
  const TowerOutput without = model.look(images, false);
  EXPECT_FALSE(without.last.defined());
  for (size_t level = 0; level < with.taps.size(); ++level) {
    EXPECT_TRUE(at::equal(with.taps[level], without.taps[level]));
  }
}

TEST(VisionTower, PicturesOfOneBatchDoNotSeeEachOther) {
  const DefaultModel model;
  const at::Tensor images = model.reference("pixel_values");
  const at::Tensor both = DefaultModel::by_picture(model.look(images, true).last, images.size(0));
  for (int64_t i = 0; i < images.size(0); ++i) {
    const TowerOutput alone = model.look(images.narrow(0, i, 1), true);
    EXPECT_TRUE(at::allclose(alone.last, both[i], 1e-4, 1e-4)) << i;
  }
}

TEST(VisionTower, PicturesOfDifferentSizesShareABatch) {
  const DefaultModel model;
  const Grid grids[] = {{1, 2, 3}, {1, 12, 6}, {1, 12, 6}, {1, 1, 1}, {2, 3, 2}};
  int64_t tokens = 0;
  for (const Grid& grid : grids) tokens += grid.tokens();
  at::manual_seed(1);
  const at::Tensor rows = at::randn({tokens, 3 * 16 * 16});
  const TowerOutput together = model.tower.forward(rows, grids, true);
  int64_t first = 0;
  for (const Grid& grid : grids) {
    const TowerOutput alone =
        model.tower.forward(rows.narrow(0, first, grid.tokens()), {&grid, 1}, true);
    EXPECT_TRUE(at::allclose(alone.last, together.last.narrow(0, first, grid.tokens()), 1e-4, 1e-4))
        << grid.frames << "x" << grid.rows << "x" << grid.columns;
    first += grid.tokens();
  }
}

TEST(VisionTower, AttentionStaysInsideAFrameOfAClip) {
  const DefaultModel model;
  at::manual_seed(2);
  const at::Tensor rows = at::randn({3 * 6, 3 * 16 * 16});
  const Grid clip[] = {{3, 2, 3}};
  const Grid frame[] = {{1, 2, 3}};
  const at::Tensor together = model.tower.forward(rows, clip, true).last;
  for (int64_t t = 0; t < 3; ++t) {
    const at::Tensor alone = model.tower.forward(rows.narrow(0, 6 * t, 6), frame, true).last;
    EXPECT_TRUE(at::allclose(alone, together.narrow(0, 6 * t, 6), 1e-4, 1e-4)) << t;
  }
}

TEST(VisionTower, OtherGridsAreInterpolated) {
  const DefaultModel model;
  const int64_t patch = model.config.tower.patch_size;
  for (const auto& [rows, columns] : {std::pair{1L, 1L}, {3L, 7L}, {24L, 12L}, {1L, 40L}}) {
    const at::Tensor images = at::randint(0, 256, {1, 3, rows * patch, columns * patch}, at::kByte);
    const TowerOutput output = model.look(images, true);
    EXPECT_EQ(output.last.sizes(),
              at::IntArrayRef({rows * columns, model.config.tower.hidden_size}));
    EXPECT_TRUE(at::isfinite(output.last).all().item<bool>());
  }
}

TEST(VisionTower, NoItemsAreNoTokens) {
  const DefaultModel model;
  const TowerOutput output = model.tower.forward(at::empty({0, 3 * 16 * 16}), {}, true);
  EXPECT_EQ(output.last.sizes(), at::IntArrayRef({0, model.config.tower.hidden_size}));
}

TEST(VisionTower, RowsThatDoNotFitTheGridsAreRefused) {
  const DefaultModel model;
  const Grid grid[] = {{1, 2, 3}};
  EXPECT_NO_THROW(model.tower.forward(at::zeros({6, 768}), grid, true));
  EXPECT_THROW(model.tower.forward(at::zeros({7, 768}), grid, true), c10::Error);
  EXPECT_THROW(model.tower.forward(at::zeros({6, 767}), grid, true), c10::Error);
  const Grid empty[] = {{1, 0, 3}};
  EXPECT_THROW(model.tower.forward(at::zeros({0, 768}), empty, true), c10::Error);
}

TEST(VisionTower, InStepsItSaysTheSame) {
  const DefaultModel model;
  const Grid grids[] = {{1, 12, 6}, {1, 12, 6}, {1, 2, 3}};
  at::manual_seed(3);
  const at::Tensor rows = at::randn({150, 3 * 16 * 16});
  const std::vector<at::Tensor> taps = model.tower.forward(rows, grids, false).taps;
  TowerState state = model.tower.begin(rows, grids);
  for (size_t level = 1; level <= taps.size(); ++level) {
    model.tower.run(state, level);
    EXPECT_EQ(state.blocks, model.config.tower.tap_layers[level - 1]);
    model.tower.run(state, level);  // is there already
    ASSERT_EQ(state.taps.size(), level);
    for (size_t l = 0; l < level; ++l) EXPECT_TRUE(at::equal(state.taps[l], taps[l])) << l;
  }
}

TEST(VisionTower, SomeItemsGoOnAsTheyWouldHaveWithTheOthers) {
  const DefaultModel model;
  const Grid grids[] = {{1, 12, 6}, {1, 2, 3}, {1, 12, 6}};
  at::manual_seed(3);
  const at::Tensor rows = at::randn({150, 3 * 16 * 16});
  const std::vector<at::Tensor> taps = model.tower.forward(rows, grids, false).taps;
  TowerState state = model.tower.begin(rows, grids);
  model.tower.run(state, 1);
  const size_t items[] = {1, 2};
  state = state.select(items);
  model.tower.run(state, taps.size());
  for (size_t l = 0; l < taps.size(); ++l) {
    EXPECT_TRUE(at::allclose(state.taps[l], taps[l].narrow(0, 72, 78), 1e-4, 1e-4)) << l;
  }
}

}  // namespace
}  // namespace deepstack
