#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/library.h>

#include <limits>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// The implementation for any device, here on the CPU.
std::tuple<at::Tensor, at::Tensor> composite(const at::Tensor& query, const at::Tensor& rows,
                                             const std::optional<at::Tensor>& kept, int64_t count) {
  static const auto op =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("deepstack::match_topk", "")
          .typed<std::tuple<at::Tensor, at::Tensor>(const at::Tensor&, const at::Tensor&,
                                                    const std::optional<at::Tensor>&, int64_t)>();
  return op.redispatch(c10::DispatchKeySet(c10::DispatchKey::CompositeExplicitAutograd), query,
                       rows, kept, count);
}

at::Tensor random_rows(int64_t rows, int64_t width) {
  return at::randn({rows, width}).to(at::kHalf);
}

TEST(MatchTopk, FindsWhatASortOfAllProductsHasFirst) {
  at::manual_seed(1);
  for (const int64_t queries : {1, 3, 7, 100, 200}) {
    for (const int64_t count : {1, 10, 700}) {
      const at::Tensor query = at::randn({queries, 24});
      const at::Tensor rows = random_rows(5000, 24);
      const auto [scores, indexes] = match_topk(query, rows, {}, count);
      const auto sorted = at::sort(at::mm(query, rows.to(at::kFloat).t()), 1, true);
      const at::Tensor best = std::get<0>(sorted).narrow(1, 0, count);
      EXPECT_TRUE(at::allclose(scores, best, 1e-4, 1e-4)) << queries << " " << count;
      // Neighbours may change places by rounding; the products say that they are the right rows.
      const at::Tensor products = at::mm(query, rows.to(at::kFloat).t()).gather(1, indexes);
      EXPECT_TRUE(at::allclose(products, scores, 1e-4, 1e-4));
    }
  }
}

TEST(MatchTopk, TheCpuAndTheOtherDevicesAgree) {
  at::manual_seed(2);
  for (const int64_t rows : {0, 1, 9, 1000}) {
    const at::Tensor query = at::randn({11, 17});
    const at::Tensor all = random_rows(rows, 17);
    const at::Tensor kept = at::rand({rows}).gt(0.5);
    for (const auto& mask : {std::optional<at::Tensor>(), std::optional<at::Tensor>(kept)}) {
      const auto [scores, indexes] = match_topk(query, all, mask, 12);
      const auto [other_scores, other_indexes] = composite(query, all, mask, 12);
      EXPECT_TRUE(at::allclose(scores, other_scores, 1e-4, 1e-4)) << rows;
      EXPECT_TRUE(indexes.equal(other_indexes)) << rows;
    }
  }
}

TEST(MatchTopk, RowsThatDoNotCountAreNeverFound) {
  at::manual_seed(3);
  const at::Tensor rows = random_rows(300, 8);
  const at::Tensor kept = at::rand({300}).gt(0.7);
  const auto [scores, indexes] = match_topk(at::randn({2, 8}), rows, kept, 300);
  const int64_t count = kept.sum().item<int64_t>();
  EXPECT_TRUE(kept.index_select(0, indexes[0].narrow(0, 0, count)).all().item<bool>());
  EXPECT_TRUE(indexes.narrow(1, count, 300 - count).eq(-1).all().item<bool>());
  EXPECT_TRUE(scores.narrow(1, count, 300 - count).eq(kNothing).all().item<bool>());
}

TEST(MatchTopk, OfEqualRowsTheEarlierComeFirst) {
  const at::Tensor rows = at::ones({100, 4}).to(at::kHalf);
  for (const int64_t queries : {1, 20}) {
    const auto [scores, indexes] = match_topk(at::ones({queries, 4}), rows, {}, 5);
    EXPECT_TRUE(indexes[queries - 1].equal(at::arange(5)));
  }
}

TEST(MatchTopk, ARowThatIsNoNumberFitsNothing) {
  at::Tensor rows = at::ones({40, 4});
  rows[7][2] = std::numeric_limits<float>::quiet_NaN();
  for (const int64_t queries : {1, 20}) {
    const auto [scores, indexes] = match_topk(at::ones({queries, 4}), rows.to(at::kHalf), {}, 40);
    EXPECT_FALSE(indexes[0].eq(7).any().item<bool>());
    EXPECT_EQ(indexes[0][39].item<int64_t>(), -1);
  }
}

TEST(MatchTopk, WrongShapesAreRefused) {
  const at::Tensor query = at::ones({1, 4});
  const at::Tensor rows = at::ones({2, 4}).to(at::kHalf);
  EXPECT_THROW(match_topk(at::ones({1, 5}), rows, {}, 1), c10::Error);
  EXPECT_THROW(match_topk(query, at::ones({2, 4}), {}, 1), c10::Error);
  EXPECT_THROW(match_topk(query, rows, at::ones({3}).to(at::kBool), 1), c10::Error);
  EXPECT_THROW(match_topk(query, rows, {}, 0), c10::Error);
  EXPECT_THROW(match_topk(query, rows, {}, 65537), c10::Error);
}

}  // namespace
}  // namespace deepstack
