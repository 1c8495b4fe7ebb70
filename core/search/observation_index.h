// ObservationIndex: the level means of an archive's observations in memory, for ExactSearch. A row
// takes 2 bytes a value (384 bytes with the default model) and 8 for whose it is. It is a copy:
// what is erased from the archive stays in here until it goes, so let it live for one question, or
// load it anew after an erasure. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/exact_search.h"
#include "core/store/archive_store.h"

namespace deepstack {

class ObservationIndex {
 public:
  // Of the observations that the filter lets through. As the archive says, or kExhausted.
  static Result<std::unique_ptr<ObservationIndex>> load(ArchiveStore& archive,
                                                        const ArchiveFilter& filter,
                                                        const std::string& device);

  int64_t size() const { return static_cast<int64_t>(tracks_.size()); }
  int64_t bytes() const;

  // Tracks (their ids) by their observation that fits any of the queries [Q, levels * width] best,
  // the best first; at most count.
  Result<std::vector<int64_t>> best_tracks(std::span<const float> queries, size_t count) const;

 private:
  ObservationIndex() = default;

  std::vector<uint16_t> rows_;   // [size, levels * width]
  std::vector<int64_t> tracks_;  // of each row
  std::unique_ptr<ExactSearch> search_;
};

}  // namespace deepstack
