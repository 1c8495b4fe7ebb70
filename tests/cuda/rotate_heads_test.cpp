#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

struct Angles {
  at::Tensor cosine, sine;
};

Angles angles(int64_t positions, int64_t head) {
  const at::Tensor angle = at::rand({positions, head / 2}) * 100;
  return {angle.cos(), angle.sin()};
}

// The textbook form, in double: x cos + rot(x) sin, rot(x) = [-high, low], tables tiled twice.
at::Tensor by_formula(const at::Tensor& x, const Angles& a) {
  const at::Tensor wide = x.to(at::kDouble);
  const int64_t half = x.size(2) / 2;
  const int64_t repeats = x.size(0) / a.cosine.size(0);
  const auto table = [&](const at::Tensor& t) {
    return at::cat({t, t}, 1).to(at::kDouble).repeat({repeats, 1}).unsqueeze(1);
  };
  const at::Tensor turned = at::cat({-wide.narrow(2, half, half), wide.narrow(2, 0, half)}, 2);
  return wide * table(a.cosine) + turned * table(a.sine);
}

TEST(RotateHeads, IsItsFormulaForAnySizeAndType) {
  at::manual_seed(1);
  const struct {
    at::ScalarType type;
    double tolerance;
  } types[] = {{at::kFloat, 1e-5}, {at::kDouble, 1e-5}, {at::kBFloat16, 2e-2}, {at::kHalf, 4e-3}};
  for (const auto& [positions, repeats, heads, head] :
       {std::tuple{1L, 1L, 1L, 4L}, {6L, 1L, 4L, 12L}, {5L, 3L, 16L, 72L}, {64L, 2L, 3L, 64L}}) {
    const Angles a = angles(positions, head);
    const at::Tensor x = at::randn({positions * repeats, heads, head});
    for (const auto& known : types) {
      const at::Tensor stored = x.to(known.type);
      const at::Tensor out = rotate_heads(stored, a.cosine, a.sine);
      ASSERT_EQ(out.scalar_type(), known.type);
      EXPECT_TRUE(at::allclose(out.to(at::kDouble), by_formula(stored, a), known.tolerance,
                               known.tolerance))
          << head << " " << known.type;
    }
  }
}

TEST(RotateHeads, ReadsAPartOfTheProjectionWithoutACopy) {
  at::manual_seed(2);
  const Angles a = angles(7, 8);
  const at::Tensor qkv = at::randn({14, 3, 2, 8});
  for (int64_t part = 0; part < 3; ++part) {
    EXPECT_TRUE(at::equal(rotate_heads(qkv.select(1, part), a.cosine, a.sine),
                          rotate_heads(qkv.select(1, part).contiguous(), a.cosine, a.sine)));
  }
}

TEST(RotateHeads, NoTokensAreNoTokens) {
  EXPECT_EQ(rotate_heads(at::empty({0, 2, 8}), at::empty({0, 4}), at::empty({0, 4})).size(0), 0);
}

TEST(RotateHeads, WrongInputsAreRefused) {
  const Angles a = angles(3, 8);
  EXPECT_NO_THROW(rotate_heads(at::randn({6, 2, 8}), a.cosine, a.sine));
  EXPECT_THROW(rotate_heads(at::randn({7, 2, 8}), a.cosine, a.sine), c10::Error)
      << "7 tokens are not twice 3 positions";
  EXPECT_THROW(rotate_heads(at::randn({6, 2, 6}), a.cosine, a.sine), c10::Error);
  EXPECT_THROW(rotate_heads(at::randn({6, 8}), a.cosine, a.sine), c10::Error);
  EXPECT_THROW(rotate_heads(at::randn({6, 2, 8}), a.cosine.to(at::kDouble), a.sine), c10::Error);
  EXPECT_THROW(rotate_heads(at::randn({6, 2, 8}), a.cosine, a.sine.narrow(0, 0, 2)), c10::Error);
  EXPECT_THROW(rotate_heads(at::randn({6, 8, 2}).transpose(1, 2), a.cosine, a.sine), c10::Error)
      << "the last dimension is not dense";
}

}  // namespace
}  // namespace deepstack
