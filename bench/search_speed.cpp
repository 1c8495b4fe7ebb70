// The exact search against Faiss' IndexFlatIP on the same synthetic observations, taking turns in
// one process with as many threads. `search_speed [ROWS [LEVELS [WIDTH [MAPPED_FILE]]]]`; with a
// file the rows are written there and searched mapped.
#include <faiss/IndexFlat.h>
#include <fcntl.h>
#include <omp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>

#include <opencv2/core/utility.hpp>

#include "core/identity/half_tokens.h"
#include "core/model/exact_search.h"

namespace {

constexpr int64_t kAnswers = 10;

double milliseconds(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Levels of length 1 side by side, rounded to halves: both sides search the same numbers.
std::vector<uint16_t> make_rows(int64_t rows, int64_t levels, int64_t width, uint32_t seed) {
  std::vector<uint16_t> all;
  all.reserve(static_cast<size_t>(rows * levels * width));
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> level(static_cast<size_t>(width));
  for (int64_t i = 0; i < rows * levels; ++i) {
    float square = 0;
    for (float& value : level) {
      value = normal(random);
      square += value * value;
    }
    for (float& value : level) value /= std::sqrt(square);
    const std::vector<uint16_t> half = deepstack::to_half(level);
    all.insert(all.end(), half.begin(), half.end());
  }
  return all;
}

std::span<const uint16_t> map_rows(const std::vector<uint16_t>& rows, const char* file) {
  const size_t bytes = rows.size() * sizeof(uint16_t);
  const int descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (descriptor < 0 || write(descriptor, rows.data(), bytes) != static_cast<ssize_t>(bytes)) {
    std::fprintf(stderr, "search_speed: cannot write %s\n", file);
    std::exit(1);
  }
  void* memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (memory == MAP_FAILED) std::exit(1);
  return {static_cast<const uint16_t*>(memory), rows.size()};
}

struct Sides {
  const faiss::IndexFlatIP& faiss;
  const deepstack::ExactSearch& ours;
};

void compare(const Sides& sides, int64_t queries, int64_t width, int runs) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> query(static_cast<size_t>(queries * width));
  for (float& value : query) value = normal(random);
  std::vector<float> distances(static_cast<size_t>(queries * kAnswers));
  std::vector<faiss::Index::idx_t> labels(distances.size());
  std::vector<std::vector<deepstack::RowScore>> answers;
  std::vector<double> theirs, ours;
  for (int run = 0; run < runs + 1; ++run) {
    const double theirs_ms = milliseconds([&] {
      sides.faiss.search(queries, query.data(), kAnswers, distances.data(), labels.data());
    });
    const double ours_ms = milliseconds([&] {
      auto found = sides.ours.search(query, {}, kAnswers);
      if (!found.ok()) {
        std::fprintf(stderr, "search_speed: %s\n", found.status().message().c_str());
        std::exit(1);
      }
      answers = *std::move(found);
    });
    if (run == 0) continue;  // pages and caches are warm from here on
    theirs.push_back(theirs_ms);
    ours.push_back(ours_ms);
  }
  size_t same = 0;
  for (int64_t q = 0; q < queries; ++q) {
    const std::set<int64_t> known(labels.begin() + q * kAnswers,
                                  labels.begin() + (q + 1) * kAnswers);
    for (const auto& answer : answers[static_cast<size_t>(q)]) same += known.count(answer.row);
  }
  std::printf("%8lld %12.2f %12.2f %8.2f %11.4f\n", static_cast<long long>(queries), median(theirs),
              median(ours), median(ours) / median(theirs),
              static_cast<double>(same) / static_cast<double>(queries * kAnswers));
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t rows = argc > 1 ? std::atoll(argv[1]) : 1'000'000;
  const int64_t levels = argc > 2 ? std::atoll(argv[2]) : 3;
  const int64_t level_width = argc > 3 ? std::atoll(argv[3]) : 64;
  const int64_t width = levels * level_width;
  cv::setNumThreads(omp_get_max_threads());  // OMP_NUM_THREADS is of both sides
  const std::vector<uint16_t> half = make_rows(rows, levels, level_width, 1);
  faiss::IndexFlatIP index(width);
  for (int64_t first = 0; first < rows; first += 4096) {
    const int64_t count = std::min<int64_t>(4096, rows - first);
    std::vector<float> block(static_cast<size_t>(count * width));
    deepstack::to_float({half.data() + first * width, block.size()}, block.data());
    index.add(count, block.data());
  }
  const bool mapped = argc > 4;
  const auto ours = deepstack::ExactSearch::create(
      mapped ? map_rows(half, argv[4]) : std::span<const uint16_t>(half), width, "cpu");
  if (!ours.ok()) {
    std::fprintf(stderr, "search_speed: %s\n", ours.status().message().c_str());
    return 1;
  }
  std::printf(
      "%lld rows of %lld x %lld, %lld answers, %d threads; rows take %.0f MB (Faiss %.0f MB)%s\n",
      static_cast<long long>(rows), static_cast<long long>(levels),
      static_cast<long long>(level_width), static_cast<long long>(kAnswers), cv::getNumThreads(),
      static_cast<double>(half.size()) * 2e-6, static_cast<double>(half.size()) * 4e-6,
      mapped ? ", mapped" : "");
  std::printf("%8s %12s %12s %8s %11s\n", "queries", "Faiss ms", "ours ms", "ratio", "same rows");
  for (const auto& [queries, runs] : {std::pair(1, 15), std::pair(10, 9), std::pair(100, 7)}) {
    compare({index, **ours}, queries, width, runs);
  }
  return 0;
}
