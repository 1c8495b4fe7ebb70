#include "core/model/grid_tables.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TowerConfig config_of(int table, int merge, bool rotary) {
  TowerConfig config;
  config.hidden_size = 24;
  config.heads = 2;  // 12 channels a head, 3 frequencies an axis
  config.table_rows = table;
  config.table_columns = table;
  config.merge = merge;
  config.rotary = rotary;
  return config;
}

at::Tensor table_of(int side) {
  at::manual_seed(1);
  return at::randn({int64_t{side} * side, 24});
}

TEST(GridTables, TheTableIsInterpolatedWithAlignedCorners) {
  const at::Tensor table = table_of(7);
  const TowerConfig config = config_of(7, 1, false);
  const at::Tensor map = table.view({7, 7, 24}).permute({2, 0, 1}).unsqueeze(0);
  for (const auto& [rows, columns] :
       {std::pair{7L, 7L}, {4L, 6L}, {10L, 4L}, {2L, 2L}, {1L, 1L}, {1L, 9L}, {48L, 30L}}) {
    // torch's own, which nobody here wrote; it has no answer of its own for a single cell.
    const at::Tensor expected =
        at::upsample_bilinear2d(map.to(at::kDouble), {rows, columns}, /*align_corners=*/true)
            .squeeze(0)
            .flatten(1)
            .t();
    EXPECT_TRUE(at::allclose(interpolate_positions(table, config, rows, columns).to(at::kDouble),
                             expected, 1e-5, 1e-5))
        << rows << "x" << columns;
  }
}

TEST(GridTables, BlocksAreTwoByTwoAndComeBack) {
  const at::Tensor raster = at::arange(4 * 6, at::kFloat).view({24, 1});
  const at::Tensor blocks = to_blocks(raster, 4, 6, 2);
  const at::Tensor first = at::tensor({0.0F, 1.0F, 6.0F, 7.0F, 2.0F, 3.0F, 8.0F, 9.0F});
  EXPECT_TRUE(at::equal(blocks.flatten().narrow(0, 0, 8), first));
  EXPECT_TRUE(at::equal(to_raster(blocks, 4, 6, 2), raster));
  EXPECT_TRUE(at::equal(to_blocks(raster, 4, 6, 1), raster));
}

TEST(GridTables, AnglesAreRowsThenColumnsInTheTokensOrder) {
  GridTableCache cache(config_of(4, 2, true), table_of(4), at::kFloat);
  const GridTables tables = cache.get(4, 6);
  ASSERT_EQ(tables.cosine.sizes(), at::IntArrayRef({24, 6}));
  for (int64_t token = 0; token < 24; ++token) {
    const int64_t block = token / 4;
    const int64_t row = 2 * (block / 3) + token % 4 / 2;
    const int64_t column = 2 * (block % 3) + token % 2;
    for (int64_t j = 0; j < 3; ++j) {
      const double frequency = std::pow(10000.0, -2.0 * static_cast<double>(j) / 6);
      EXPECT_NEAR(tables.sine[token][j].item<double>(),
                  std::sin(static_cast<double>(row) * frequency), 1e-6);
      EXPECT_NEAR(tables.cosine[token][3 + j].item<double>(),
                  std::cos(static_cast<double>(column) * frequency), 1e-6);
    }
  }
}

TEST(GridTables, ThePositionIsRoundedOnceToTheTowersType) {
  const at::Tensor table = table_of(5);
  const TowerConfig config = config_of(5, 1, false);
  GridTableCache cache(config, table, at::kBFloat16);
  EXPECT_TRUE(at::equal(cache.get(3, 8).position,
                        interpolate_positions(table, config, 3, 8).to(at::kBFloat16)));
  EXPECT_FALSE(cache.get(3, 8).cosine.defined());
}

TEST(GridTableCache, KeepsTheLastGridsAndCountsTheOthers) {
  GridTableCache cache(config_of(4, 1, true), table_of(4), at::kFloat);
  const at::Tensor first = cache.get(1, 1).position;
  for (int64_t i = 2; i <= static_cast<int64_t>(GridTableCache::kMaxGrids); ++i) cache.get(i, 1);
  EXPECT_TRUE(cache.get(1, 1).position.is_same(first)) << "still there";
  EXPECT_EQ(cache.evictions(), 0U);
  cache.get(2, 7);
  EXPECT_EQ(cache.evictions(), 1U);
  EXPECT_TRUE(cache.get(1, 1).position.is_same(first)) << "2x1 went, being the oldest asked for";
  cache.get(2, 1);
  EXPECT_EQ(cache.evictions(), 2U);
}

TEST(GridTableCache, IsBoundedInBytesButServesWhatIsLarger) {
  GridTableCache cache(config_of(4, 1, true), table_of(4), at::kFloat);
  // 24 + 2 * 6 floats a token: two of these are over the limit of 64 MiB.
  cache.get(600, 600);
  cache.get(600, 601);
  EXPECT_EQ(cache.evictions(), 1U);
  EXPECT_EQ(cache.get(1000, 1000).position.size(0), 1'000'000);
  EXPECT_EQ(cache.evictions(), 2U);
}

}  // namespace
}  // namespace deepstack
