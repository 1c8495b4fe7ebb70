#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

at::Tensor unit_vectors(int64_t samples, int64_t levels, int64_t tokens, int64_t width) {
  const at::Tensor x = at::randn({samples, levels, tokens, width});
  return x / x.norm(2, -1, true);
}

// The definition in double, token by token.
at::Tensor by_definition(const at::Tensor& query, const at::Tensor& query_rotated,
                         const at::Tensor& key, const at::Tensor& key_rotated,
                         const std::vector<int64_t>& offsets, double scale) {
  const auto groups = static_cast<int64_t>(offsets.size()) - 1;
  const int64_t tokens = query.size(2);
  at::Tensor result = at::zeros({query.size(0), groups, query.size(1)}, at::kDouble);
  for (int64_t q = 0; q < query.size(0); ++q) {
    for (int64_t g = 0; g < groups; ++g) {
      for (int64_t l = 0; l < query.size(1); ++l) {
        double sum = 0;
        for (int64_t t = 0; t < tokens; ++t) {
          at::Tensor value = at::zeros({query.size(3)}, at::kDouble);
          double total = 0;
          for (int64_t p = offsets[g]; p < offsets[g + 1]; ++p) {
            for (int64_t k = 0; k < tokens; ++k) {
              const double logit = scale * (query_rotated[q][l][t].to(at::kDouble) *
                                            key_rotated[p][l][k].to(at::kDouble))
                                               .sum()
                                               .item<double>();
              total += std::exp(logit);
              value += std::exp(logit) * key[p][l][k].to(at::kDouble);
            }
          }
          if (total == 0) continue;  // nothing to compare with
          sum += ((value / value.norm()) * query[q][l][t].to(at::kDouble)).sum().item<double>();
        }
        result[q][g][l] = sum / static_cast<double>(tokens);
      }
    }
  }
  return result;
}

at::Tensor to_tensor(const std::vector<int64_t>& offsets) { return at::tensor(offsets, at::kLong); }

TEST(Match, IsItsDefinition) {
  at::manual_seed(1);
  const struct {
    int64_t queries, levels, tokens, width;
    std::vector<int64_t> offsets;
  } cases[] = {
      {1, 1, 1, 1, {0, 1}},
      {2, 3, 4, 8, {0, 2, 3}},
      {3, 2, 2, 5, {0, 0, 1, 1, 4, 4}},
      {1, 3, 8, 16, {0, 3}},
  };
  for (const auto& size : cases) {
    for (const double scale : {0.0, 1.0, 16.0}) {
      const at::Tensor query = unit_vectors(size.queries, size.levels, size.tokens, size.width);
      const at::Tensor query_rotated =
          unit_vectors(size.queries, size.levels, size.tokens, size.width);
      const int64_t prototypes = size.offsets.back();
      const at::Tensor key = unit_vectors(prototypes, size.levels, size.tokens, size.width);
      const at::Tensor key_rotated = unit_vectors(prototypes, size.levels, size.tokens, size.width);
      const at::Tensor result =
          match(query, query_rotated, key, key_rotated, to_tensor(size.offsets), scale);
      const at::Tensor expected =
          by_definition(query, query_rotated, key, key_rotated, size.offsets, scale);
      ASSERT_EQ(result.sizes(), expected.sizes());
      EXPECT_TRUE(at::allclose(result.to(at::kDouble), expected, 1e-4, 1e-5)) << scale;
    }
  }
}

TEST(Match, TheSameThingIsOneAndAGroupOfNothingIsZero) {
  at::manual_seed(2);
  const at::Tensor thing = unit_vectors(1, 3, 8, 32);
  const at::Tensor others = unit_vectors(4, 3, 8, 32);
  const at::Tensor keys = at::cat({others, thing});
  const at::Tensor result = match(thing, thing, keys, keys, to_tensor({0, 4, 4, 5}), 100);
  EXPECT_TRUE(at::allclose(result[0][2], at::ones({3}), 1e-3));
  EXPECT_TRUE(at::equal(result[0][1], at::zeros({3})));
  EXPECT_LT(result[0][0].max().item<float>(), 0.8F);
}

TEST(Match, GroupsDoNotSeeEachOther) {
  at::manual_seed(3);
  const at::Tensor query = unit_vectors(2, 2, 4, 8);
  const at::Tensor keys = unit_vectors(6, 2, 4, 8);
  const at::Tensor together = match(query, query, keys, keys, to_tensor({0, 2, 6}), 8);
  const at::Tensor alone =
      match(query, query, keys.narrow(0, 2, 4), keys.narrow(0, 2, 4), to_tensor({0, 4}), 8);
  EXPECT_TRUE(at::allclose(together.select(1, 1), alone.select(1, 0), 1e-5, 1e-6));
}

TEST(Match, NothingAskedOrNobodyKnownIsEmpty) {
  const at::Tensor some = unit_vectors(2, 3, 4, 8);
  const at::Tensor none = at::empty({0, 3, 4, 8});
  EXPECT_EQ(match(some, some, some, some, to_tensor({0}), 1).sizes(), at::IntArrayRef({2, 0, 3}));
  EXPECT_TRUE(
      at::equal(match(some, some, none, none, to_tensor({0, 0, 0}), 1), at::zeros({2, 2, 3})));
}

TEST(Match, WrongShapesAreRefused) {
  const at::Tensor query = at::zeros({2, 3, 4, 8});
  const at::Tensor key = at::zeros({5, 3, 4, 8});
  const at::Tensor offsets = to_tensor({0, 5});
  EXPECT_NO_THROW(match(query, query, key, key, offsets, 1));
  EXPECT_THROW(match(query[0], query[0], key, key, offsets, 1), c10::Error);
  EXPECT_THROW(match(query, key, key, key, offsets, 1), c10::Error);
  EXPECT_THROW(match(query, query, key, query, offsets, 1), c10::Error);
  const at::Tensor wide = at::zeros({5, 3, 4, 9});
  EXPECT_THROW(match(query, query, wide, wide, offsets, 1), c10::Error);
  EXPECT_THROW(match(query, query, key, key, offsets.to(at::kFloat), 1), c10::Error);
  EXPECT_THROW(match(query, query, key, key, offsets.view({1, 2}), 1), c10::Error);
  EXPECT_THROW(match(query, query, key, key, to_tensor({0, 6}), 1), c10::Error)
      << "there are only five";
  EXPECT_THROW(match(query, query, key, key, to_tensor({-1, 5}), 1), c10::Error);
}

}  // namespace
}  // namespace deepstack
