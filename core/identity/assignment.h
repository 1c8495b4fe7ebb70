// Assignment: the best one-to-one pairing of rows (tracks) and columns (detections, identities).
#pragma once

#include <utility>
#include <vector>

namespace deepstack {

// Pairs (row, column) that together have the largest sum of gain over all pairings; gain is
// [rows, columns] row-major, and pairs with a gain <= 0 are never made. Solved exactly (Hungarian
// algorithm) in whole numbers: gains are rounded to 1e-6 and must lie within -1..1000.
std::vector<std::pair<int, int>> assign(const std::vector<float>& gain, int rows, int columns);

}  // namespace deepstack
