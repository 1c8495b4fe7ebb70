#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/model/mrope.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

const std::vector<int64_t> kSection{24, 20, 20};  // Qwen3-VL, 128 channels a head
constexpr double kTheta = 5e6;

at::Tensor frequency(int64_t half, double theta = kTheta) {
  return at::tensor(mrope_frequencies(static_cast<int>(half), theta)->frequency, at::kDouble);
}

at::Tensor positions(const std::vector<std::array<double, 3>>& rows) {
  at::Tensor result = at::empty({static_cast<int64_t>(rows.size()), 3}, at::kDouble);
  double* out = result.mutable_data_ptr<double>();
  for (const auto& row : rows) out = std::copy(row.begin(), row.end(), out);
  return result;
}

// The angle of channel c, by long double where the operator has double.
long double angle(int64_t c, int64_t half, const std::vector<int64_t>& section, double theta,
                  const double* position) {
  int axis = 0;
  if (c % 3 == 1 && c < 3 * section[1]) axis = 1;
  if (c % 3 == 2 && c < 3 * section[2]) axis = 2;
  return position[axis] *
         std::pow(static_cast<long double>(theta), -static_cast<long double>(c) / half);
}

at::Tensor by_formula(const at::Tensor& x, const at::Tensor& at_positions,
                      const std::vector<int64_t>& section, double theta) {
  const at::Tensor in = x.to(at::kDouble).contiguous();
  at::Tensor out = at::empty_like(in);
  const int64_t half = x.size(1) / 2;
  for (int64_t n = 0; n < x.size(0); ++n) {
    const double* row = in.const_data_ptr<double>() + n * 2 * half;
    double* turned = out.mutable_data_ptr<double>() + n * 2 * half;
    for (int64_t c = 0; c < half; ++c) {
      const long double a =
          angle(c, half, section, theta, at_positions.const_data_ptr<double>() + 3 * n);
      const auto cosine = static_cast<double>(std::cos(a));
      const auto sine = static_cast<double>(std::sin(a));
      turned[c] = row[c] * cosine - row[c + half] * sine;
      turned[c + half] = row[c + half] * cosine + row[c] * sine;
    }
  }
  return out;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

TEST(Mrope, IsItsFormulaOnAnySection) {
  at::manual_seed(1);
  for (const auto& section : std::vector<std::vector<int64_t>>{
           {24, 20, 20}, {12, 10, 10}, {6, 5, 5}, {1, 0, 0}, {2, 1, 1}, {0, 2, 2}, {3, 0, 4}}) {
    const int64_t half = section[0] + section[1] + section[2];
    for (const int64_t count : {1, 7, 100}) {
      const at::Tensor x = at::randn({count, 2 * half});
      const at::Tensor where = at::rand({count, 3}, at::kDouble) * 1000;
      EXPECT_LT(largest_difference(mrope(x, where, frequency(half), section),
                                   by_formula(x, where, section, kTheta)),
                2e-6);
    }
  }
  EXPECT_EQ(
      mrope(at::empty({0, 128}), at::empty({0, 3}, at::kDouble), frequency(64), kSection).size(0),
      0);
}

TEST(Mrope, TheAxesTakeTurnsUntilChannel60ThenTime) {
  // Channel c is turned by an axis when moving along it changes channel c.
  const at::Tensor ones = at::cat({at::ones({1, 64}), at::zeros({1, 64})}, 1);
  for (int axis = 0; axis < 3; ++axis) {
    std::array<double, 3> where{0, 0, 0};
    where[static_cast<size_t>(axis)] = 1e6;
    // The slowest channel turns by 1e6 * 5e6^(-63/64) = 0.25 rad: every turned one is seen.
    const at::Tensor turned = mrope(ones, positions({where}), frequency(64), kSection);
    for (int64_t c = 0; c < 64; ++c) {
      const int expected_axis = c < 60 ? static_cast<int>(c % 3) : 0;
      const bool moved = std::abs(turned[0][c + 64].item<double>()) > 1e-3 ||
                         std::abs(turned[0][c].item<double>() - 1) > 1e-3;
      EXPECT_EQ(moved, axis == expected_axis) << "channel " << c << ", axis " << axis;
    }
  }
}

TEST(Mrope, PositionZeroAndLengthAreLeftAsTheyAre) {
  at::manual_seed(2);
  const at::Tensor x = at::randn({5, 128});
  EXPECT_TRUE(at::equal(mrope(x, at::zeros({5, 3}, at::kDouble), frequency(64), kSection), x));
  const at::Tensor where = at::rand({5, 3}, at::kDouble) * 1e5;
  EXPECT_TRUE(
      at::allclose(mrope(x, where, frequency(64), kSection).norm(2, 1), x.norm(2, 1), 1e-5));
}

TEST(Mrope, ProductsDependOnDifferencesOfPositionsOnly) {
  at::manual_seed(3);
  const at::Tensor query = at::randn({1, 128}, at::kDouble);
  const at::Tensor key = at::randn({1, 128}, at::kDouble);
  const auto product = [&](std::array<double, 3> a, std::array<double, 3> b) {
    return (mrope(query, positions({a}), frequency(64), kSection) *
            mrope(key, positions({b}), frequency(64), kSection))
        .sum()
        .item<double>();
  };
  const double expected = product({7, 3, 1}, {2, 0, 0});
  for (const double offset : {1.0, 100.0, 36'000.0, 262'143.0}) {
    EXPECT_NEAR(product({7 + offset, 3, 1}, {2 + offset, 0, 0}), expected, 1e-6) << offset;
    EXPECT_NEAR(product({7, 3 + offset, 1 + offset}, {2, offset, offset}), expected, 1e-6);
  }
  EXPECT_GT(std::abs(product({8, 3, 1}, {2, 0, 0}) - expected), 1e-3) << "but on those it does";
}

TEST(Mrope, IsExactFarOut) {
  // The last positions of a 256 K context, and 10 h of video in seconds and in fractions of them.
  const at::Tensor where = positions({{262'143, 262'143, 262'143},
                                      {36'000, 11, 7},
                                      {35'999.96, 0, 0},
                                      {36'000.033'333'333, 1, 1}});
  const at::Tensor unit = at::cat({at::ones({4, 64}), at::zeros({4, 64})}, 1);
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor turned = mrope(unit.to(type), where, frequency(64), kSection);
    EXPECT_LT(largest_difference(turned, by_formula(unit, where, kSection, kTheta)), 1e-6);
  }
}

TEST(Mrope, AnglesArePositionTimesFrequencyOfThePairsAxis) {
  const std::array<double, 3> where{262'143, 36'000.033'333'333, 77};
  for (const std::array<int, 3>& section :
       {std::array{24, 20, 20}, {11, 11, 10}, {1, 2, 2}, {4, 0, 3}}) {
    const std::vector<int64_t> shares(section.begin(), section.end());
    const int64_t half = shares[0] + shares[1] + shares[2];
    const at::Tensor angles = mrope_angles(positions({where}), frequency(half), shares);
    ASSERT_EQ(angles.sizes(), at::IntArrayRef({1, half}));
    for (int64_t c = 0; c < half; ++c) {
      const auto expected = static_cast<double>(angle(c, half, shares, kTheta, where.data()));
      EXPECT_NEAR(angles[0][c].item<double>(), expected, 1e-9) << c;
      const int axis = mrope_axis(static_cast<int>(c), section);
      EXPECT_EQ(angles[0][c].item<double>(),
                where[static_cast<size_t>(axis)] * frequency(half)[c].item<double>());
    }
  }
}

TEST(Mrope, CosineAndSineAreScaledAndThenRoundedToTheType) {
  at::manual_seed(4);
  const double magnitude = 1.10986;
  const at::Tensor where = at::rand({9, 3}, at::kDouble) * 1000;
  const at::Tensor angles = mrope_angles(where, frequency(64), kSection);
  for (const at::ScalarType type : {at::kBFloat16, at::kHalf, at::kFloat}) {
    const at::Tensor x = at::randn({9, 128}).to(type);
    const at::Tensor cosine = (angles.cos() * magnitude).to(type);
    const at::Tensor sine = (angles.sin() * magnitude).to(type);
    const at::Tensor low = x.narrow(1, 0, 64);
    const at::Tensor high = x.narrow(1, 64, 64);
    const at::Tensor expected =
        at::cat({low * cosine - high * sine, high * cosine + low * sine}, 1);
    const at::Tensor turned = mrope(x, where, frequency(64), kSection, magnitude);
    EXPECT_EQ(turned.scalar_type(), type);
    EXPECT_TRUE(at::equal(turned, expected)) << type;
  }
  const at::Tensor x = at::randn({9, 128}, at::kDouble);
  EXPECT_TRUE(at::allclose(mrope(x, where, frequency(64), kSection, 2),
                           2 * mrope(x, where, frequency(64), kSection)));
}

TEST(Mrope, WrongInputsAreRefused) {
  const at::Tensor x = at::randn({4, 128});
  const at::Tensor where = at::zeros({4, 3}, at::kDouble);
  EXPECT_NO_THROW(mrope(x, where, frequency(64), kSection));
  EXPECT_THROW(mrope(x, where.to(at::kFloat), frequency(64), kSection), c10::Error)
      << "float positions are not exact";
  EXPECT_THROW(mrope(x, at::zeros({3, 3}, at::kDouble), frequency(64), kSection), c10::Error);
  EXPECT_THROW(mrope(x, at::zeros({4, 2}, at::kDouble), frequency(64), kSection), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(64), {24, 20, 19}), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(64), {44, 20}), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(64), {84, -10, -10}), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(64), {64, INT64_MAX, INT64_MAX}), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(63), kSection), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(64).to(at::kFloat), kSection), c10::Error);
  EXPECT_THROW(mrope(x, where, frequency(64).view({1, 64}), kSection), c10::Error);
  EXPECT_THROW(mrope_angles(where, frequency(64), {24, 20, 19}), c10::Error);
  EXPECT_THROW(mrope_angles(where[0], frequency(64), kSection), c10::Error);
  EXPECT_THROW(mrope(at::randn({4, 127}), where, frequency(64), kSection), c10::Error);
  EXPECT_THROW(mrope(at::randn({4, 2, 64}), where, frequency(64), kSection), c10::Error);
}

}  // namespace
}  // namespace deepstack
