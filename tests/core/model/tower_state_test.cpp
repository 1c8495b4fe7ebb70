#include "core/model/tower_state.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

// Items of 2, 3 and 1 tokens, whose numbers are those of their rows.
TowerState numbered() {
  const at::Tensor rows = at::arange(6, at::kFloat).unsqueeze(1);
  return {.grids = {{1, 1, 2}, {1, 3, 1}, {1, 1, 1}},
          .blocks = 4,
          .stream = rows,
          .taps = {10 * rows, 20 * rows}};
}

bool holds(const at::Tensor& x, const std::vector<float>& values) {
  return at::equal(x.squeeze(1), at::tensor(values));
}

TEST(TowerState, SelectedItemsKeepTheirRowsInTheOrderAskedFor) {
  const size_t items[] = {2, 0};
  const TowerState some = numbered().select(items);
  EXPECT_EQ(some.grids, (std::vector<Grid>{{1, 1, 1}, {1, 1, 2}}));
  EXPECT_EQ(some.blocks, 4);
  EXPECT_TRUE(holds(some.stream, {5, 0, 1}));
  ASSERT_EQ(some.taps.size(), 2U);
  EXPECT_TRUE(holds(some.taps[0], {50, 0, 10}));
  EXPECT_TRUE(holds(some.taps[1], {100, 0, 20}));
}

TEST(TowerState, NoItemsAreNoRows) {
  const TowerState none = numbered().select({});
  EXPECT_TRUE(none.grids.empty());
  EXPECT_EQ(none.stream.sizes(), at::IntArrayRef({0, 1}));
  EXPECT_EQ(none.taps[1].sizes(), at::IntArrayRef({0, 1}));
}

TEST(TowerState, PartsJoinInTheirOrder) {
  const size_t last[] = {2};
  const size_t first[] = {0, 1};
  const TowerState parts[] = {numbered().select(last), numbered().select(first)};
  const TowerState joined = TowerState::join(parts);
  EXPECT_EQ(joined.grids, (std::vector<Grid>{{1, 1, 1}, {1, 1, 2}, {1, 3, 1}}));
  EXPECT_EQ(joined.blocks, 4);
  EXPECT_TRUE(holds(joined.stream, {5, 0, 1, 2, 3, 4}));
  ASSERT_EQ(joined.taps.size(), 2U);
  EXPECT_TRUE(holds(joined.taps[1], {100, 0, 20, 40, 60, 80}));
  const TowerState one[] = {numbered()};
  EXPECT_TRUE(at::equal(TowerState::join(one).stream, numbered().stream));
}

}  // namespace
}  // namespace deepstack
