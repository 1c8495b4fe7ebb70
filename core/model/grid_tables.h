// GridTables: what a tower adds and turns by where a patch is: the position table interpolated to a
// grid, and the 2-D rotary angles. A stream asks for the same grid at every frame, so the last few
// are kept.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>

#include <ATen/ATen.h>

#include "core/model/model_config.h"

namespace deepstack {

struct GridTables {
  at::Tensor position;      // [rows * columns, D] in the tower's type
  at::Tensor cosine, sine;  // [rows * columns, head / 2] float; undefined without rotary embedding

  size_t bytes() const;
};

// The learned table [table_rows * table_columns, D] at the patches of another grid, corners
// aligned, mixed in float: [rows * columns, D] float in raster order.
at::Tensor interpolate_positions(const at::Tensor& table, const TowerConfig& config, int64_t rows,
                                 int64_t columns);

// Rows of patches [rows * columns, ...] from raster order to blocks of merge x merge, and back.
at::Tensor to_blocks(const at::Tensor& raster, int64_t rows, int64_t columns, int64_t merge);
at::Tensor to_raster(const at::Tensor& blocks, int64_t rows, int64_t columns, int64_t merge);

// Bounded in grids and bytes; the one not asked for longest goes first. Any thread.
class GridTableCache {
 public:
  static constexpr size_t kMaxGrids = 16;
  static constexpr size_t kMaxBytes = 64 << 20;

  // table: [table_rows * table_columns, D] float on the tower's device; type: the tower's.
  GridTableCache(const TowerConfig& config, at::Tensor table, at::ScalarType type)
      : config_(config), table_(std::move(table)), type_(type) {}

  // In the tower's token order.
  GridTables get(int64_t rows, int64_t columns);

  size_t evictions() const;

 private:
  struct Entry {
    int64_t rows, columns;
    GridTables tables;
  };

  GridTables make(int64_t rows, int64_t columns) const;

  const TowerConfig config_;
  const at::Tensor table_;
  const at::ScalarType type_;
  mutable std::mutex mutex_;  // everything below
  std::list<Entry> entries_;  // the latest asked for first
  size_t bytes_ = 0;
  size_t evictions_ = 0;
};

}  // namespace deepstack
