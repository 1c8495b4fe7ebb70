#include "core/model/grid_tables.h"

#include <algorithm>

namespace deepstack {
namespace {

// Where count cells fall on size entries, corners aligned: [count], i (size - 1) / max(count - 1,
// 1).
at::Tensor aligned_positions(int64_t count, int64_t size, const at::TensorOptions& options) {
  return at::arange(count, options) * (size - 1) / std::max<int64_t>(count - 1, 1);
}

}  // namespace

size_t GridTables::bytes() const {
  return position.nbytes() + (cosine.defined() ? cosine.nbytes() + sine.nbytes() : 0);
}

at::Tensor interpolate_positions(const at::Tensor& table, const TowerConfig& config, int64_t rows,
                                 int64_t columns) {
  const int64_t table_rows = config.table_rows;
  const int64_t table_columns = config.table_columns;
  if (rows == table_rows && columns == table_columns) return table;
  const at::Tensor y = aligned_positions(rows, table_rows, table.options());
  const at::Tensor x = aligned_positions(columns, table_columns, table.options());
  const at::Tensor y0 = y.floor();
  const at::Tensor x0 = x.floor();
  const at::Tensor fy = (y - y0).view({rows, 1, 1});
  const at::Tensor fx = (x - x0).view({1, columns, 1});
  const auto corner = [&](int64_t dy, int64_t dx) {
    const at::Tensor row = (y0 + dy).clamp_max(table_rows - 1).to(at::kLong).view({rows, 1});
    const at::Tensor column =
        (x0 + dx).clamp_max(table_columns - 1).to(at::kLong).view({1, columns});
    return table.index_select(0, (row * table_columns + column).reshape(-1))
        .view({rows, columns, -1});
  };
  // Qwen3-VL's order of taps and of products; the sum is rounded to the tower's type only once.
  const at::Tensor mixed = (1 - fy) * (1 - fx) * corner(0, 0) + (1 - fy) * fx * corner(0, 1) +
                           fy * (1 - fx) * corner(1, 0) + fy * fx * corner(1, 1);
  return mixed.view({rows * columns, -1});
}

at::Tensor to_blocks(const at::Tensor& raster, int64_t rows, int64_t columns, int64_t merge) {
  if (merge == 1) return raster;
  return raster.view({rows / merge, merge, columns / merge, merge, -1})
      .transpose(1, 2)
      .reshape({rows * columns, -1});
}

at::Tensor to_raster(const at::Tensor& blocks, int64_t rows, int64_t columns, int64_t merge) {
  if (merge == 1) return blocks;
  return blocks.reshape({rows / merge, columns / merge, merge, merge, -1})
      .transpose(1, 2)
      .reshape({rows * columns, -1});
}

GridTables GridTableCache::make(int64_t rows, int64_t columns) const {
  const auto in_order = [&](const at::Tensor& raster) {
    return to_blocks(raster, rows, columns, config_.merge).contiguous();
  };
  GridTables tables;
  tables.position = in_order(interpolate_positions(table_, config_, rows, columns)).to(type_);
  if (!config_.rotary) return tables;
  // Half of the angles turn with the row, half with the column: f_j = theta^(-2j / (head / 2)).
  const int64_t frequencies = config_.head_size() / 4;
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor exponent =
      at::arange(frequencies, options) * (-4.0 / static_cast<double>(config_.head_size()));
  const at::Tensor frequency = at::pow(at::full({}, config_.rope_theta, options), exponent);
  const at::Tensor row = at::arange(rows, options).view({rows, 1, 1}) * frequency;
  const at::Tensor column = at::arange(columns, options).view({1, columns, 1}) * frequency;
  const at::Tensor angles = in_order(at::cat({row.expand({rows, columns, frequencies}),
                                              column.expand({rows, columns, frequencies})},
                                             2)
                                         .view({rows * columns, 2 * frequencies}));
  tables.cosine = angles.cos().to(table_.device(), at::kFloat);
  tables.sine = angles.sin().to(table_.device(), at::kFloat);
  return tables;
}

GridTables GridTableCache::get(int64_t rows, int64_t columns) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.rows == rows && entry.columns == columns;
  });
  if (found != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, found);
    return entries_.front().tables;
  }
  entries_.push_front({rows, columns, make(rows, columns)});
  bytes_ += entries_.front().tables.bytes();
  while (entries_.size() > 1 && (entries_.size() > kMaxGrids || bytes_ > kMaxBytes)) {
    bytes_ -= entries_.back().tables.bytes();
    entries_.pop_back();
    ++evictions_;
  }
  return entries_.front().tables;
}

size_t GridTableCache::evictions() const {
  const std::lock_guard lock(mutex_);
  return evictions_;
}

}  // namespace deepstack
