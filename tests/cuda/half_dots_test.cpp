#include "cuda/half_dots.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace deepstack {
namespace {

// Panels as the kernels read them, [groups, width, lanes].
std::vector<float> packed(const at::Tensor& queries, int64_t lanes) {
  const int64_t groups = (queries.size(0) + lanes - 1) / lanes;
  const auto query = queries.accessor<float, 2>();
  std::vector<float> values(static_cast<size_t>(groups * queries.size(1) * lanes), 0.0F);
  for (int64_t q = 0; q < queries.size(0); ++q) {
    for (int64_t d = 0; d < queries.size(1); ++d) {
      values[static_cast<size_t>((q / lanes * queries.size(1) + d) * lanes + q % lanes)] =
          query[q][d];
    }
  }
  return values;
}

void expect_products(HalfDots dots, int64_t rows, int64_t width, int64_t queries) {
  const at::Tensor row = at::randn({rows, width}).to(at::kHalf);
  const at::Tensor query = at::randn({queries, width});
  const at::Tensor products = at::mm(row.to(at::kDouble), query.to(at::kDouble).t());
  const auto expected = products.accessor<double, 2>();
  const int64_t lanes = queries < ScanQueries::kManyQueries ? 1 : ScanQueries::kPanel;
  const std::vector<float> values = packed(query, lanes);
  const ScanQueries scan{values.data(), width, lanes, (queries + lanes - 1) / lanes};
  std::vector<float> scores(static_cast<size_t>(rows * scan.groups * lanes), -1);
  dots(reinterpret_cast<const uint16_t*>(row.const_data_ptr<at::Half>()), rows, scan,
       scores.data());
  for (int64_t q = 0; q < queries; ++q) {
    for (int64_t r = 0; r < rows; ++r) {
      const auto place = static_cast<size_t>((q / lanes * rows + r) * lanes + q % lanes);
      ASSERT_NEAR(scores[place], expected[r][q], 1e-4 * std::sqrt(width))
          << "row " << r << " of " << rows << ", query " << q << " of " << queries << ", width "
          << width;
    }
  }
}

TEST(HalfDots, EveryKernelIsTheProduct) {
  at::manual_seed(1);
  for (const HalfDots dots : {half_dots_portable(), half_dots_avx2(), half_dots_avx512()}) {
    if (dots == nullptr) continue;  // not on this processor
    for (const int64_t width : {1, 15, 16, 17, 64, 193}) {
      for (const int64_t queries : {1, 5, 6, 17, 48, 100}) {
        for (const int64_t rows : {1, 4, 13, 40}) expect_products(dots, rows, width, queries);
      }
    }
  }
}

TEST(HalfDots, EveryHalfIsReadAsWhatItIs) {
  std::vector<uint16_t> rows(1 << 16);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint16_t>(i);
  const at::Tensor expected =
      at::from_blob(rows.data(), {1 << 16}, at::kHalf).to(at::kFloat).contiguous();
  const float one = 1;
  const ScanQueries scan{&one, 1, 1, 1};
  for (const HalfDots dots : {half_dots_portable(), half_dots_avx2(), half_dots_avx512()}) {
    if (dots == nullptr) continue;
    std::vector<float> scores(rows.size());
    dots(rows.data(), static_cast<int64_t>(rows.size()), scan, scores.data());
    for (size_t i = 0; i < rows.size(); ++i) {
      const float value = expected.const_data_ptr<float>()[i];
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(scores[i])) << i;
      } else {
        ASSERT_EQ(scores[i], value) << i;
      }
    }
  }
}

TEST(HalfDots, TheFastestIsOneThatRunsHere) {
  EXPECT_NE(half_dots(), nullptr);
  if (half_dots_avx512() != nullptr) {
    EXPECT_EQ(half_dots(), half_dots_avx512());
  }
}

}  // namespace
}  // namespace deepstack
