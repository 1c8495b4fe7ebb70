#include "core/identity/assignment.h"

#include <algorithm>
#include <cmath>

#include <dlib/optimization/max_cost_assignment.h>

namespace deepstack {

std::vector<std::pair<int, int>> assign(const std::vector<float>& gain, int rows, int columns) {
  if (rows == 0 || columns == 0) return {};
  const auto at = [&](long row, long column) {
    return gain[static_cast<size_t>(row) * static_cast<size_t>(columns) +
                static_cast<size_t>(column)];
  };
  // dlib wants a square matrix of integers; padding and forbidden pairs are worth nothing.
  const int size = std::max(rows, columns);
  dlib::matrix<int64_t> worth = dlib::zeros_matrix<int64_t>(size, size);
  for (long row = 0; row < rows; ++row) {
    for (long column = 0; column < columns; ++column) {
      if (at(row, column) > 0) worth(row, column) = std::llround(at(row, column) * 1e6F);
    }
  }
  const std::vector<long> column_of = dlib::max_cost_assignment(worth);
  std::vector<std::pair<int, int>> pairs;
  for (int row = 0; row < rows; ++row) {
    const long column = column_of[static_cast<size_t>(row)];
    if (column < columns && at(row, column) > 0) pairs.emplace_back(row, static_cast<int>(column));
  }
  return pairs;
}

}  // namespace deepstack
