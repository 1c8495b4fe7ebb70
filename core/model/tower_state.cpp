#include "core/model/tower_state.h"

namespace deepstack {

TowerState TowerState::select(std::span<const size_t> items) const {
  std::vector<int64_t> first{0};
  for (const Grid& grid : grids) first.push_back(first.back() + grid.tokens());
  TowerState selected{.grids = {}, .blocks = blocks, .stream = {}, .taps = {}};
  for (const size_t item : items) selected.grids.push_back(grids[item]);
  const auto rows_of = [&](const at::Tensor& x) {
    if (items.empty()) return x.narrow(0, 0, 0);
    std::vector<at::Tensor> rows;
    for (const size_t item : items) rows.push_back(x.narrow(0, first[item], grids[item].tokens()));
    return at::cat(rows);
  };
  selected.stream = rows_of(stream);
  for (const at::Tensor& tap : taps) selected.taps.push_back(rows_of(tap));
  return selected;
}

TowerState TowerState::join(std::span<const TowerState> parts) {
  TowerState joined = parts.front();
  if (parts.size() == 1) return joined;
  std::vector<at::Tensor> streams;
  std::vector<std::vector<at::Tensor>> taps(joined.taps.size());
  joined.grids.clear();
  for (const TowerState& part : parts) {
    joined.grids.insert(joined.grids.end(), part.grids.begin(), part.grids.end());
    streams.push_back(part.stream);
    for (size_t l = 0; l < taps.size(); ++l) taps[l].push_back(part.taps[l]);
  }
  joined.stream = at::cat(streams);
  for (size_t l = 0; l < taps.size(); ++l) joined.taps[l] = at::cat(taps[l]);
  return joined;
}

}  // namespace deepstack
