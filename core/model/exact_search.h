// ExactSearch: the best of N stored observations for a query by comparing it with every one. A row
// is the mean token of each level at length 1, the levels side by side, as halves: [N, levels *
// width]. A query is the same in float with each level times its weight (weighted_query), so that a
// score is the weighted sum of the levels' cosines.
//
// Memory beyond the rows is bounded by the queries and the answers, not by N. On the CPU the rows
// are borrowed, loaded or mapped, and must outlive the search; a GPU gets a copy of them once.
// Immutable; any thread. No torch type here.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/status.h"

namespace deepstack {

struct RowScore {
  int64_t row = 0;
  float score = 0;

  bool operator==(const RowScore&) const = default;
};

class ExactSearch {
 public:
  static constexpr int64_t kMostAnswers = 65536;

  virtual ~ExactSearch() = default;

  // rows: [N, width]; device as in Settings. kInvalid: not whole rows; else as open_device() says,
  // or kExhausted.
  static Result<std::unique_ptr<ExactSearch>> create(std::span<const uint16_t> rows, int64_t width,
                                                     const std::string& device);

  virtual int64_t rows() const = 0;

  // The best `count` rows for each of queries [Q, width], best first, equal ones in their order;
  // fewer where there are fewer. kept: one byte a row, 0 for those that do not count; empty: all
  // do. kInvalid: count is not 1..kMostAnswers, or sizes do not fit.
  virtual Result<std::vector<std::vector<RowScore>>> search(std::span<const float> queries,
                                                            std::span<const uint8_t> kept,
                                                            int64_t count) const = 0;
};

// summary [levels, width] with each level times its weight [levels].
std::vector<float> weighted_query(std::span<const float> summary, std::span<const float> weights);

}  // namespace deepstack
