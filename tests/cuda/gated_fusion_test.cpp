#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "deepstack/operators.h"

namespace deepstack {
namespace {

constexpr double kEps = 1e-6;

// The seven inputs of one size, random, in double.
struct Inputs {
  Inputs(int64_t levels, int64_t count, int64_t width)
      : projected(3 * at::randn({levels, count, width}, at::kDouble) + 0.5),
        level_weight(at::randn({levels, width}, at::kDouble)),
        level_bias(at::randn({levels, width}, at::kDouble)),
        gate_weight(at::randn({levels, width}, at::kDouble) / std::sqrt(double(width))),
        gate_bias(at::randn({levels}, at::kDouble)),
        norm_weight(at::randn({width}, at::kDouble)),
        norm_bias(at::randn({width}, at::kDouble)) {}

  auto operator()(at::ScalarType type) const {
    return gated_fusion(projected.to(type), level_weight.to(type), level_bias.to(type),
                        gate_weight.to(type), gate_bias.to(type), norm_weight.to(type),
                        norm_bias.to(type), kEps);
  }

  at::Tensor projected, level_weight, level_bias, gate_weight, gate_bias, norm_weight, norm_bias;
};

// The formulas of operators.h as a composite of torch's own operators, in double.
std::tuple<at::Tensor, at::Tensor, at::Tensor> composite(const Inputs& in) {
  const int64_t levels = in.projected.size(0);
  const int64_t width = in.projected.size(2);
  std::vector<at::Tensor> z;
  for (int64_t l = 0; l < levels; ++l) {
    z.push_back(
        at::layer_norm(in.projected[l], {width}, in.level_weight[l], in.level_bias[l], kEps));
  }
  const at::Tensor levels_out = at::stack(z);
  const at::Tensor gates =
      at::softmax(at::linear(levels_out.mean(0), in.gate_weight, in.gate_bias), -1);  // [N, L]
  const at::Tensor sum = (gates.t().unsqueeze(2) * levels_out).sum(0);
  return {levels_out, gates, at::layer_norm(sum, {width}, in.norm_weight, in.norm_bias, kEps)};
}

void expect_close(const at::Tensor& a, const at::Tensor& b, double tolerance, const char* what) {
  ASSERT_EQ(a.sizes(), b.sizes()) << what;
  if (a.numel() == 0) return;
  EXPECT_TRUE(at::allclose(a.to(at::kDouble), b, tolerance, tolerance))
      << what << " of " << b.sizes() << " differs by "
      << (a.to(at::kDouble) - b).abs().max().item<double>();
}

TEST(GatedFusion, IsTheCompositeOfItsFormulas) {
  at::manual_seed(1);
  for (const int64_t levels : {1, 2, 3, 8}) {
    for (const int64_t count : {0, 1, 7, 64, 65, 333}) {
      for (const int64_t width : {2, 3, 17, 64, 512}) {
        const Inputs in(levels, count, width);
        const auto [z, gates, fused] = in(at::kFloat);
        const auto [expected_z, expected_gates, expected_fused] = composite(in);
        // LayerNorm divides by the spread of the channels; that of few can be close to nothing.
        const double tolerance = width < 16 ? 1e-3 : 1e-5;
        expect_close(z, expected_z, tolerance, "levels");
        expect_close(gates, expected_gates, tolerance, "gates");
        expect_close(fused, expected_fused, tolerance, "fused");
      }
    }
  }
}

TEST(GatedFusion, OneChannelIsAllBias) {
  const Inputs in(3, 5, 1);
  const auto [z, gates, fused] = in(at::kFloat);
  expect_close(z, in.level_bias.unsqueeze(1).expand({3, 5, 1}), 1e-5, "levels");
  expect_close(fused, in.norm_bias.expand({5, 1}), 1e-5, "fused");
}

TEST(GatedFusion, ADeadGateIsTheMean) {
  at::manual_seed(2);
  Inputs in(4, 9, 32);
  in.gate_weight.zero_();
  in.gate_bias.zero_();
  const auto [z, gates, fused] = in(at::kFloat);
  expect_close(gates, at::full({9, 4}, 0.25, at::kDouble), 1e-6, "gates");
  expect_close(fused,
               at::layer_norm(z.to(at::kDouble).mean(0), {32}, in.norm_weight, in.norm_bias, kEps),
               1e-5, "fused");
}

TEST(GatedFusion, LargeLogitsDoNotOverflow) {
  at::manual_seed(3);
  Inputs in(3, 4, 16);
  in.gate_bias = at::tensor({-1e4, 0.0, 1e4}, at::kDouble);
  const auto [z, gates, fused] = in(at::kFloat);
  expect_close(gates, at::tensor({0.0, 0.0, 1.0}, at::kDouble).expand({4, 3}), 1e-6, "gates");
  EXPECT_TRUE(at::isfinite(fused).all().item<bool>());
}

TEST(GatedFusion, LowVarianceInputsAreAsExactAsTorchs) {
  at::manual_seed(4);
  Inputs in(3, 50, 64);
  in.projected = 1000 + 0.01 * at::randn({3, 50, 64}, at::kDouble);
  in.projected = in.projected.to(at::kFloat).to(at::kDouble);
  const auto [z, gates, fused] = in(at::kFloat);
  const at::Tensor exact = std::get<0>(composite(in));
  const auto error = [&](const at::Tensor& x) {
    return (x.to(at::kDouble) - exact).abs().max().item<double>();
  };
  std::vector<at::Tensor> torchs;
  for (int64_t l = 0; l < 3; ++l) {
    torchs.push_back(at::layer_norm(in.projected[l].to(at::kFloat), {64},
                                    in.level_weight[l].to(at::kFloat),
                                    in.level_bias[l].to(at::kFloat), kEps));
  }
  // Rounding the mean alone costs 3e-5 of a spread of 1e-2: single precision has its limits.
  EXPECT_LT(error(z), 2 * error(at::stack(torchs)));
}

TEST(GatedFusion, StridedInputsAreReadRight) {
  at::manual_seed(5);
  Inputs in(3, 20, 24);
  const auto [z, gates, fused] = composite(in);
  in.projected = in.projected.permute({2, 1, 0}).contiguous().permute({2, 1, 0});
  in.level_weight = in.level_weight.t().contiguous().t();
  const auto [strided_z, strided_gates, strided_fused] = in(at::kFloat);
  expect_close(strided_z, z, 1e-5, "levels");
  expect_close(strided_fused, fused, 1e-5, "fused");
}

TEST(GatedFusion, HalfPrecisionComesBackAsSuch) {
  at::manual_seed(6);
  const Inputs in(3, 10, 32);
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    const auto [z, gates, fused] = in(type);
    EXPECT_EQ(z.scalar_type(), type);
    EXPECT_EQ(gates.scalar_type(), type);
    EXPECT_EQ(fused.scalar_type(), type);
    expect_close(gates, std::get<1>(composite(in)), type == at::kDouble ? 1e-5 : 0.1, "gates");
  }
}

TEST(GatedFusion, WrongShapesAreRefused) {
  const Inputs good(3, 4, 8);
  const std::vector<std::function<void(Inputs&)>> changes = {
      [](Inputs& in) { in.projected = in.projected[0]; },
      [](Inputs& in) {
        in.projected = at::zeros({0, 4, 8}, at::kDouble);
      },
      [](Inputs& in) { in = Inputs(9, 4, 8); },
      [](Inputs& in) {
        in.level_weight = at::zeros({2, 8}, at::kDouble);
      },
      [](Inputs& in) {
        in.level_bias = at::zeros({3, 7}, at::kDouble);
      },
      [](Inputs& in) {
        in.gate_weight = at::zeros({8, 3}, at::kDouble);
      },
      [](Inputs& in) { in.gate_bias = at::zeros({4}, at::kDouble); },
      [](Inputs& in) {
        in.norm_weight = at::zeros({1, 8}, at::kDouble);
      },
      [](Inputs& in) { in.norm_bias = at::zeros({9}, at::kDouble); },
  };
  EXPECT_NO_THROW(good(at::kFloat));
  for (size_t i = 0; i < changes.size(); ++i) {
    Inputs bad = good;
    changes[i](bad);
    EXPECT_THROW(bad(at::kFloat), c10::Error) << i;
  }
}

}  // namespace
}  // namespace deepstack
