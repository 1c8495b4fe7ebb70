#include "core/model/linear.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

Linear random_linear(int64_t out, int64_t in, at::ScalarType type) {
  at::manual_seed(3);
  return {(at::randn({out, in}) / std::sqrt(static_cast<double>(in))).to(type),
          at::randn({out}).to(type)};
}

double relative(const at::Tensor& mine, const at::Tensor& exact) {
  const at::Tensor difference = mine.to(at::kDouble) - exact;
  return difference.norm().item<double>() / exact.norm().item<double>();
}

TEST(Linear, IsTheProductWhateverTheShapeAndType) {
  const struct {
    at::ScalarType type;
    double tolerance;
  } types[] = {{at::kFloat, 5e-7}, {at::kBFloat16, 5e-3}, {at::kHalf, 5e-4}};
  for (const auto& [rows, in, out] :
       {std::tuple{1L, 1L, 1L}, {7L, 72L, 216L}, {64L, 1024L, 40L}, {3L, 96L, 8L}}) {
    for (const auto& known : types) {
      const Linear linear = random_linear(out, in, known.type);
      const at::Tensor x = at::randn({rows, in}).to(known.type);
      const at::Tensor residual = at::randn({rows, out}).to(known.type);
      const at::Tensor kept = residual.clone();
      const at::Tensor exact =
          at::linear(x.to(at::kDouble), linear.weight.to(at::kDouble), linear.bias.to(at::kDouble));
      EXPECT_LT(relative(linear.forward(x), exact), known.tolerance) << in << known.type;
      EXPECT_LT(relative(linear.forward_add(x, residual), exact + residual.to(at::kDouble)),
                known.tolerance);
      EXPECT_TRUE(at::equal(residual, kept)) << "a tap may be a view of it";
      for (const auto& [gelu, name] : {std::pair{Gelu::kTanh, "tanh"}, {Gelu::kErf, "none"}}) {
        EXPECT_LT(relative(linear.forward_gelu(x, gelu), at::gelu(exact, name)),
                  2 * known.tolerance)
            << name << known.type;
      }
    }
  }
}

TEST(Linear, TheTwoGelusAreTold) {
  const Linear same{at::eye(1), at::zeros({1})};
  const at::Tensor x = at::full({1, 1}, 2.0);
  // erf: x Phi(x); tanh: its approximation, 4.5e-4 apart at most.
  EXPECT_NEAR(same.forward_gelu(x, Gelu::kErf).item<double>(), 1.9544997361, 2e-6);
  EXPECT_NEAR(same.forward_gelu(x, Gelu::kTanh).item<double>(), 1.9545976940, 2e-6);
}

TEST(Linear, NoRowsAreNoRows) {
  const Linear linear = random_linear(4, 8, at::kFloat);
  EXPECT_EQ(linear.forward(at::empty({0, 8})).sizes(), at::IntArrayRef({0, 4}));
  EXPECT_EQ(linear.forward_gelu(at::empty({0, 8}), Gelu::kErf).size(0), 0);
  EXPECT_EQ(linear.forward_add(at::empty({0, 8}), at::empty({0, 4})).size(0), 0);
}

}  // namespace
}  // namespace deepstack
