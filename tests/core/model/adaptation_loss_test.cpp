#include "core/model/adaptation_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace deepstack {
namespace {

// Views 0, 1 of one track, 2, 3 of another that was seen together with it; of 4 nothing is known.
KnownPairs five_views() {
  at::Tensor same = at::zeros({5, 5}, at::kBool);
  at::Tensor different = at::zeros({5, 5}, at::kBool);
  for (const auto& [a, b] : {std::pair(0, 1), {2, 3}}) same[a][b] = same[b][a] = true;
  for (const int a : {0, 1}) {
    for (const int b : {2, 3}) different[a][b] = different[b][a] = true;
  }
  return {same, different};
}

at::Tensor scores_of(double same, double different, double unknown) {
  const KnownPairs known = five_views();
  return at::full({5, 5}, unknown)
      .masked_fill(known.same, same)
      .masked_fill(known.different, different)
      .to(at::kFloat);
}

double contrast(double same, double different, double unknown) {
  return AdaptationLoss::contrast({scores_of(same, different, unknown)}, five_views())
      .item<double>();
}

TEST(AdaptationLoss, ContrastFallsAsKnownPairsPart) {
  EXPECT_LT(contrast(0.9, 0.1, 0.5), contrast(0.7, 0.3, 0.5));
  EXPECT_LT(contrast(0.7, 0.3, 0.5), contrast(0.5, 0.5, 0.5));
  EXPECT_NEAR(contrast(0.5, 0.5, 0.5), std::log(3.0), 1e-5) << "one against two others";
}

TEST(AdaptationLoss, WhatIsUnknownIsNotPushedApart) {
  EXPECT_EQ(contrast(0.7, 0.3, 0.9), contrast(0.7, 0.3, -0.9));
  at::Tensor score = scores_of(0.7, 0.3, 0.9).set_requires_grad(true);
  AdaptationLoss::contrast({score}, five_views()).backward();
  const at::Tensor unknown = ~(five_views().same | five_views().different);
  EXPECT_EQ(score.grad().masked_select(unknown).abs().sum().item<float>(), 0);
  EXPECT_LT(score.grad()[0][1].item<float>(), 0) << "of one track: together";
  EXPECT_GT(score.grad()[0][2].item<float>(), 0) << "seen together: apart";
}

TEST(AdaptationLoss, RelationHoldsWhatIsUnknownAndOnlyThat) {
  const std::vector<at::Tensor> before{scores_of(0.5, 0.5, 0.5)};
  const auto relation = [&](double same, double different, double unknown) {
    return AdaptationLoss::relation({scores_of(same, different, unknown)}, before, five_views())
        .item<double>();
  };
  EXPECT_EQ(relation(0.9, 0.1, 0.5), 0);
  EXPECT_NEAR(relation(0.5, 0.5, 0.7), 0.04, 1e-6);
}

TEST(AdaptationLoss, ABatchWithoutDifferencesIsZeroAndFinite) {
  KnownPairs known = five_views();
  known.different.zero_();
  at::Tensor score = scores_of(0.7, 0.3, 0.5).set_requires_grad(true);
  const at::Tensor loss = AdaptationLoss::contrast({score}, known);
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_TRUE(score.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace deepstack
