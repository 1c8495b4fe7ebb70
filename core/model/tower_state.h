// TowerState: where a pass through the tower stands, so that it can go on later, with all of its
// items or with some. A plain value; tensors are shared and never written in place.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/grid.h"

namespace deepstack {

struct TowerState {
  std::vector<Grid> grids;       // an item each
  int blocks = 0;                // run so far
  at::Tensor stream;             // [N, D] residual stream, item after item
  std::vector<at::Tensor> taps;  // [N, D] each, taken so far

  // These items of it, in this order. REQUIRES: items are below grids.size().
  TowerState select(std::span<const size_t> items) const;

  // The items of all parts as one. REQUIRES: at least one part, all after the same block.
  static TowerState join(std::span<const TowerState> parts);
};

}  // namespace deepstack
