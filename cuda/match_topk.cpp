#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <torch/library.h>

#include "deepstack/operators.h"
#include "half_dots.h"

namespace deepstack {
namespace {

using Found = std::tuple<at::Tensor, at::Tensor>;

constexpr float kNothing = -std::numeric_limits<float>::infinity();

void check_match_topk(const at::Tensor& query, const at::Tensor& rows,
                      const std::optional<at::Tensor>& kept, int64_t count) {
  TORCH_CHECK(query.dim() == 2 && query.scalar_type() == at::kFloat,
              "match_topk: query must be float [Q, D]");
  TORCH_CHECK(rows.dim() == 2 && rows.scalar_type() == at::kHalf,
              "match_topk: rows must be half [N, D]");
  TORCH_CHECK(query.size(1) == rows.size(1), "match_topk: query ", query.sizes(), " and rows ",
              rows.sizes(), " differ in their width");
  TORCH_CHECK(!kept || (kept->dim() == 1 && kept->size(0) == rows.size(0) &&
                        kept->scalar_type() == at::kBool),
              "match_topk: kept must be bool [N]");
  TORCH_CHECK(count >= 1 && count <= 65536, "match_topk: count is ", count,
              ", 1..65536 is allowed");
}

Found none(const at::Tensor& query, int64_t count) {
  return {at::full({query.size(0), count}, kNothing, query.options()),
          at::full({query.size(0), count}, -1, query.options().dtype(at::kLong))};
}

// A block of rows at a time on whatever device: products, then the best of these and the best so
// far.
Found match_topk_reference(const at::Tensor& query, const at::Tensor& rows,
                           const std::optional<at::Tensor>& kept, int64_t count) {
  check_match_topk(query, rows, kept, count);
  // 2^24 floats, 64 MiB, of converted rows or products, whichever is more.
  constexpr int64_t kBlockValues = int64_t{1} << 24;
  const int64_t widest = std::max({query.size(0), query.size(1), int64_t{1}});
  const int64_t block = std::max<int64_t>(1, kBlockValues / widest);
  auto [scores, indexes] = none(query, count);
  if (query.size(0) == 0) return {scores, indexes};
  for (int64_t first = 0; first < rows.size(0); first += block) {
    const int64_t size = std::min(block, rows.size(0) - first);
    at::Tensor products = at::mm(query, rows.narrow(0, first, size).to(at::kFloat).t());
    // What is not a number fits nothing.
    products.masked_fill_(products.isnan(), kNothing);
    if (kept) products.masked_fill_(kept->narrow(0, first, size).logical_not(), kNothing);
    const auto [best, places] = at::topk(products, std::min(count, size));
    const auto [merged, order] = at::topk(at::cat({scores, best}, 1), count);
    indexes = at::cat({indexes, places + first}, 1).gather(1, order);
    scores = merged;
  }
  return {scores, indexes.masked_fill(scores.eq(kNothing), -1)};
}

// The queries as the kernels read them.
class PackedQueries {
 public:
  PackedQueries(const float* queries, int64_t count, int64_t width)
      : lanes_(count < ScanQueries::kManyQueries ? 1 : ScanQueries::kPanel),
        groups_((count + lanes_ - 1) / lanes_),
        width_(width),
        values_(static_cast<size_t>(groups_ * width * lanes_)) {
    for (int64_t q = 0; q < count; ++q) {
      float* group = values_.data() + q / lanes_ * width * lanes_;
      for (int64_t d = 0; d < width; ++d) group[d * lanes_ + q % lanes_] = queries[q * width + d];
    }
  }

  int64_t lanes() const { return lanes_; }
  int64_t groups() const { return groups_; }
  ScanQueries view() const { return {values_.data(), width_, lanes_, groups_}; }

 private:
  int64_t lanes_, groups_, width_;
  std::vector<float> values_;
};

// The best `count` of the scores that are offered; a heap whose first is the worst of them.
class BestRows {
 public:
  explicit BestRows(size_t count) : count_(count) {}

  // What a score must exceed to be of interest.
  float threshold() const { return heap_.size() < count_ ? kNothing : heap_.front().first; }

  // Rows come in ascending order: an equal score never displaces an earlier row.
  void offer(float score, int64_t row) {
    if (heap_.size() == count_) {
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.pop_back();
    }
    heap_.emplace_back(score, row);
    std::push_heap(heap_.begin(), heap_.end(), better);
  }

  void write(float* scores, int64_t* rows) {
    std::sort_heap(heap_.begin(), heap_.end(), better);
    for (const auto& [score, row] : heap_) {
      *scores++ = score;
      *rows++ = row;
    }
  }

 private:
  using Entry = std::pair<float, int64_t>;
  static bool better(const Entry& a, const Entry& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  }

  const size_t count_;
  std::vector<Entry> heap_;
};

// One scan of the rows for a group of queries that fits the second cache.
class Scan {
 public:
  Scan(const float* query, int64_t queries, int64_t width, int64_t count)
      : count_(queries),
        width_(width),
        queries_(query, queries, width),
        best_(static_cast<size_t>(queries), BestRows(static_cast<size_t>(count))),
        thresholds_(static_cast<size_t>(queries_.groups() * ScanQueries::kPanel),
                    std::numeric_limits<float>::infinity()),
        block_(block_rows(queries_)),
        scores_(static_cast<size_t>(queries_.groups() * queries_.lanes() * block_)) {
    for (int64_t q = 0; q < queries; ++q) watch(q);
  }

  void run(const uint16_t* rows, const bool* kept, int64_t count) {
    const HalfDots dots = half_dots();
    for (int64_t first = 0; first < count; first += block_) {
      const int64_t size = std::min(block_, count - first);
      dots(rows + first * width_, size, queries_.view(), scores_.data());
      for (int64_t g = 0; g < queries_.groups(); ++g) {
        take(g, scores_.data() + g * size * queries_.lanes(), kept, first, size);
      }
    }
  }

  std::vector<BestRows>& best() { return best_; }

 private:
  // A multiple of 16, of about 128 KiB of products.
  static int64_t block_rows(const PackedQueries& queries) {
    constexpr int64_t kProducts = 32 << 10;
    return std::max<int64_t>(64, kProducts / (queries.groups() * queries.lanes()) / 16 * 16);
  }

  // thresholds_ holds 16 a group: those of its queries, or its only query's 16 times.
  void watch(int64_t query) {
    const float threshold = best_[static_cast<size_t>(query)].threshold();
    if (queries_.lanes() == 1) {
      std::fill_n(thresholds_.begin() + query * ScanQueries::kPanel, ScanQueries::kPanel,
                  threshold);
    } else {
      thresholds_[static_cast<size_t>(query)] = threshold;
    }
  }

  // Sixteen at a time: hardly any exceeds its threshold once a few thousand were seen.
  void take(int64_t group, const float* scores, const bool* kept, int64_t first, int64_t size) {
    const float* threshold = thresholds_.data() + group * ScanQueries::kPanel;
    const int64_t values = size * queries_.lanes();
    int64_t i = 0;
    for (; i + ScanQueries::kPanel <= values; i += ScanQueries::kPanel) {
      int any = 0;
      for (int64_t k = 0; k < ScanQueries::kPanel; ++k) any |= scores[i + k] > threshold[k];
      if (any != 0) offer(group, scores, kept, first, i, i + ScanQueries::kPanel);
    }
    offer(group, scores, kept, first, i, values);
  }

  void offer(int64_t group, const float* scores, const bool* kept, int64_t first, int64_t begin,
             int64_t end) {
    const int64_t lanes = queries_.lanes();
    for (int64_t i = begin; i < end; ++i) {
      const int64_t query = group * lanes + i % lanes;
      const int64_t row = first + i / lanes;
      if (query >= count_ || (kept != nullptr && !kept[row])) continue;
      BestRows& best = best_[static_cast<size_t>(query)];
      if (!(scores[i] > best.threshold())) continue;
      best.offer(scores[i], row);
      watch(query);
    }
  }

  const int64_t count_, width_;
  const PackedQueries queries_;
  std::vector<BestRows> best_;     // by query
  std::vector<float> thresholds_;  // [groups, 16]
  const int64_t block_;            // rows at a time
  std::vector<float> scores_;      // [groups, block, lanes]
};

Found match_topk_cpu(const at::Tensor& query, const at::Tensor& rows,
                     const std::optional<at::Tensor>& kept, int64_t count) {
  check_match_topk(query, rows, kept, count);
  constexpr int64_t kQueriesAtOnce = 192;
  const at::Tensor queries = query.contiguous();
  const at::Tensor all = rows.contiguous();
  const at::Tensor mask = kept ? kept->contiguous() : at::Tensor();
  auto [scores, indexes] = none(queries, count);
  for (int64_t first = 0; first < queries.size(0); first += kQueriesAtOnce) {
    const int64_t size = std::min(kQueriesAtOnce, queries.size(0) - first);
    Scan scan(queries.const_data_ptr<float>() + first * queries.size(1), size, queries.size(1),
              count);
    scan.run(reinterpret_cast<const uint16_t*>(all.const_data_ptr<at::Half>()),
             kept ? mask.const_data_ptr<bool>() : nullptr, all.size(0));
    for (int64_t q = 0; q < size; ++q) {
      scan.best()[static_cast<size_t>(q)].write(
          scores.mutable_data_ptr<float>() + (first + q) * count,
          indexes.mutable_data_ptr<int64_t>() + (first + q) * count);
    }
  }
  return {scores, indexes};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def("match_topk(Tensor query, Tensor rows, Tensor? kept, int count) -> (Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(deepstack, CompositeExplicitAutograd, library) {
  library.impl("match_topk", match_topk_reference);
}

TORCH_LIBRARY_IMPL(deepstack, CPU, library) { library.impl("match_topk", match_topk_cpu); }

Found match_topk(const at::Tensor& query, const at::Tensor& rows,
                 const std::optional<at::Tensor>& kept, int64_t count) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::match_topk", "")
                             .typed<decltype(match_topk_reference)>();
  return op.call(query, rows, kept, count);
}

}  // namespace deepstack
