#include "core/model/exact_search.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <opencv2/core/utility.hpp>

#include "core/model/device.h"
#include "core/model/serial_scope.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

// Rows that are worth a thread's while.
constexpr int64_t kShareRows = 16384;
// Shares a thread: one that is held up by others leaves them to the rest.
constexpr int64_t kSharesAThread = 4;

using Answers = std::vector<std::vector<RowScore>>;

struct Part {
  at::Tensor scores, indexes;  // [Q, count]
  int64_t first = 0;           // row that its indexes start from
};

bool better(const RowScore& a, const RowScore& b) {
  return a.score > b.score || (a.score == b.score && a.row < b.row);
}

Answers merge(const std::vector<Part>& parts, size_t queries, size_t count) {
  Answers answers(queries);
  for (size_t q = 0; q < queries; ++q) {
    std::vector<RowScore>& all = answers[q];
    for (const Part& part : parts) {
      const auto place = static_cast<int64_t>(q) * part.scores.size(1);
      const float* score = part.scores.const_data_ptr<float>() + place;
      const int64_t* index = part.indexes.const_data_ptr<int64_t>() + place;
      for (int64_t i = 0; i < part.scores.size(1) && index[i] >= 0; ++i) {
        all.push_back({part.first + index[i], score[i]});
      }
    }
    const size_t kept = std::min(count, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                      better);
    all.resize(kept);
  }
  return answers;
}

class TorchExactSearch final : public ExactSearch {
 public:
  TorchExactSearch(at::Tensor rows, at::Device device) : rows_(std::move(rows)), device_(device) {}

  int64_t rows() const override { return rows_.size(0); }

  Result<Answers> search(std::span<const float> queries, std::span<const uint8_t> kept,
                         int64_t count) const override {
    const int64_t width = rows_.size(1);
    const auto values = static_cast<int64_t>(queries.size());
    if (count < 1 || count > kMostAnswers) {
      return invalid(std::to_string(count) + " answers are asked for, 1.." +
                     std::to_string(kMostAnswers) + " are allowed");
    }
    if (values % width != 0) {
      return invalid("queries have " + std::to_string(values) +
                     " values, which is no multiple of a row's " + std::to_string(width));
    }
    if (!kept.empty() && static_cast<int64_t>(kept.size()) != rows()) {
      return invalid("kept says something of " + std::to_string(kept.size()) + " rows, there are " +
                     std::to_string(rows()));
    }
    try {
      const c10::InferenceMode inference;
      const at::Tensor query =
          at::from_blob(const_cast<float*>(queries.data()), {values / width, width}, at::kFloat);
      std::optional<at::Tensor> mask;
      if (!kept.empty()) {
        mask = at::from_blob(const_cast<uint8_t*>(kept.data()), {rows()}, at::kByte).ne(0);
      }
      const std::vector<Part> parts =
          device_.is_cpu() ? on_cores(query, mask, count) : on_device(query, mask, count);
      return merge(parts, static_cast<size_t>(values / width), static_cast<size_t>(count));
    } catch (const c10::OutOfMemoryError& error) {
      return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
    } catch (const std::bad_alloc&) {
      return Status(StatusCode::kExhausted, "out of memory while searching");
    } catch (const std::exception& error) {
      return internal(std::string("searching failed: ") + error.what());
    }
  }

 private:
  std::vector<Part> on_device(const at::Tensor& query, std::optional<at::Tensor> mask,
                              int64_t count) const {
    if (mask) mask = mask->to(device_);
    const auto [scores, indexes] = match_topk(query.to(device_), rows_, mask, count);
    return {{scores.to(at::kCPU).contiguous(), indexes.to(at::kCPU).contiguous(), 0}};
  }

  std::vector<Part> on_cores(const at::Tensor& query, const std::optional<at::Tensor>& mask,
                             int64_t count) const {
    const int64_t threads = std::max(1, cv::getNumThreads());
    const int64_t most = threads == 1 ? 1 : threads * kSharesAThread;
    const int64_t shares = std::clamp<int64_t>(rows() / kShareRows, 1, most);
    const int64_t size = (rows() + shares - 1) / shares;
    std::vector<Part> parts(static_cast<size_t>(shares));
    const auto run = [&](const cv::Range& range) {
      const c10::InferenceMode inference;
      const SerialScope serial;
      for (int i = range.start; i < range.end; ++i) {
        const int64_t first = std::min(i * size, rows());
        const int64_t length = std::min(size, rows() - first);
        std::optional<at::Tensor> part;
        if (mask) part = mask->narrow(0, first, length);
        auto [scores, indexes] = match_topk(query, rows_.narrow(0, first, length), part, count);
        parts[static_cast<size_t>(i)] = {scores, indexes, first};
      }
    };
    cv::parallel_for_({0, static_cast<int>(shares)}, run, static_cast<double>(shares));
    return parts;
  }

  const at::Tensor rows_;  // [N, width] half
  const at::Device device_;
};

}  // namespace

Result<std::unique_ptr<ExactSearch>> ExactSearch::create(std::span<const uint16_t> rows,
                                                         int64_t width, const std::string& device) {
  const auto values = static_cast<int64_t>(rows.size());
  if (width < 1 || values % width != 0) {
    return invalid(std::to_string(values) + " values are not whole rows of " +
                   std::to_string(width));
  }
  const Result<at::Device> place = open_device(device);
  if (!place.ok()) return place.status();
  try {
    const c10::InferenceMode inference;
    const at::Tensor borrowed =
        at::from_blob(const_cast<uint16_t*>(rows.data()), {values / width, width}, at::kHalf);
    return std::unique_ptr<ExactSearch>(
        std::make_unique<TorchExactSearch>(borrowed.to(*place), *place));
  } catch (const c10::OutOfMemoryError& error) {
    return Status(StatusCode::kExhausted, std::string("out of GPU memory: ") + error.what());
  } catch (const std::exception& error) {
    return internal(std::string("searching failed: ") + error.what());
  }
}

std::vector<float> weighted_query(std::span<const float> summary, std::span<const float> weights) {
  const size_t width = summary.size() / weights.size();
  std::vector<float> query(summary.size());
  for (size_t i = 0; i < query.size(); ++i) query[i] = summary[i] * weights[i / width];
  return query;
}

}  // namespace deepstack
