#include "core/identity/kalman_box.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace deepstack {
namespace {

// A box of 40x100 that walks, at this time.
Box walker(double seconds) {
  const auto t = static_cast<float>(seconds);
  return {50 + 60 * t, 80 - 20 * t, 40, 100};
}

// A filter that has seen the walker for so long, so often.
KalmanBox followed(double seconds, int rate) {
  KalmanBox filter(walker(0));
  for (int frame = 1; frame <= static_cast<int>(seconds * rate); ++frame) {
    filter.predict(1.0 / rate);
    filter.correct(walker(static_cast<double>(frame) / rate));
  }
  return filter;
}

TEST(KalmanBox, BeginsWhereTheBoxWasSeen) {
  const Box box{10, 20, 30, 40};
  EXPECT_GT(iou(KalmanBox(box).box(), box), 0.999F);
  EXPECT_FLOAT_EQ(KalmanBox(box).distance(box), 0);
}

TEST(KalmanBox, SaysWhereItWillBeWithoutGoingThere) {
  KalmanBox filter = followed(2, 25);
  const Box now = filter.box();
  const Box ahead = filter.box_in(0.5);
  EXPECT_EQ(filter.box(), now);
  EXPECT_EQ(filter.box_in(0), now);
  filter.predict(0.5);
  EXPECT_GT(iou(filter.box(), ahead), 0.999F);
  EXPECT_LT(iou(now, ahead), 0.6F);
}

TEST(KalmanBox, FollowsABoxOfConstantVelocity) {
  for (const double ahead : {0.1, 0.5, 1.0}) {
    KalmanBox filter = followed(2, 25);
    filter.predict(ahead);
    EXPECT_GT(iou(filter.box(), walker(2 + ahead)), 0.9F) << ahead;
  }
}

TEST(KalmanBox, IsTheSameAtAnySamplingRate) {
  for (const int rate : {2, 5, 10, 30}) {
    KalmanBox filter = followed(4, rate);
    filter.predict(0.5);
    EXPECT_GT(iou(filter.box(), walker(4.5)), 0.9F) << rate;
    EXPECT_LT(filter.distance(walker(4.5)), 1) << rate;
  }
}

TEST(KalmanBox, ManySmallStepsLeadWhereOneLargeDoes) {
  KalmanBox once = followed(2, 10);
  KalmanBox often = followed(2, 10);
  once.predict(1);
  for (int step = 0; step < 100; ++step) often.predict(0.01);
  EXPECT_NEAR(once.box().x, often.box().x, 0.01);
  EXPECT_NEAR(once.box().y, often.box().y, 0.01);
  EXPECT_NEAR(once.box().width, often.box().width, 0.01);
}

TEST(KalmanBox, ABoxThatTurnsIsCaughtUpWith) {
  const auto turning = [](double t) { return walker(t < 4 ? t : 8 - t); };
  KalmanBox filter(turning(0));
  for (int frame = 1; frame <= 6 * 25; ++frame) {
    filter.predict(1 / 25.0);
    filter.correct(turning(frame / 25.0));
  }
  EXPECT_GT(iou(filter.box(), turning(6)), 0.95F);
  filter.predict(0.5);
  EXPECT_GT(iou(filter.box(), turning(6.5)), 0.85F);
}

TEST(KalmanBox, NoiseOfTheDetectorIsSmoothed) {
  std::mt19937 random(9);
  std::normal_distribution<float> noise(0, 5);  // a twentieth of the height
  KalmanBox filter(walker(0));
  double error = 0;
  constexpr int kFrames = 300;
  for (int frame = 1; frame <= kFrames; ++frame) {
    const double t = frame / 30.0;
    Box seen = walker(t);
    seen.x += noise(random);
    seen.y += noise(random);
    filter.predict(1 / 30.0);
    filter.correct(seen);
    error += std::abs(filter.box().x - walker(t).x);
  }
  // The mean absolute error of the noise itself is 5 sqrt(2 / pi) = 4 pixels.
  EXPECT_LT(error / kFrames, 2.5);
}

TEST(KalmanBox, DistanceGrowsWithTheError) {
  const KalmanBox filter = followed(2, 25);
  float last = -1;
  for (float error = 0; error <= 50; error += 10) {
    Box box = walker(2);
    box.x += error;
    EXPECT_GT(filter.distance(box), last);
    last = filter.distance(box);
  }
}

TEST(KalmanBox, WhatIsUnseenForLongerMayBeFartherAway) {
  KalmanBox filter = followed(2, 25);
  float last = std::numeric_limits<float>::max();
  for (int step = 1; step <= 10; ++step) {
    filter.predict(0.2);
    Box astray = walker(2 + 0.2 * step);
    astray.x += 60;
    const float distance = filter.distance(astray);
    EXPECT_LT(distance, last) << "the same error surprises less as uncertainty grows";
    last = distance;
  }
}

TEST(KalmanBox, RescaledItGoesTheSameWayInTheLargerPicture) {
  KalmanBox box = followed(2, 10);
  const Box before = box.box_in(0.5);
  box.rescale(2, 3);
  const Box after = box.box_in(0.5);
  EXPECT_NEAR(after.x, 2 * before.x, 1e-3);
  EXPECT_NEAR(after.y, 3 * before.y, 1e-3);
  EXPECT_NEAR(after.width, 2 * before.width, 1e-3);
  EXPECT_NEAR(after.height, 3 * before.height, 1e-3);
}

TEST(KalmanBox, ScaleDoesNotMatter) {
  KalmanBox near(Box{0, 0, 40, 100});
  KalmanBox far(Box{0, 0, 10, 25});
  near.predict(0.5);
  far.predict(0.5);
  EXPECT_NEAR(near.distance({40, 0, 40, 100}), far.distance({10, 0, 10, 25}), 1e-3);
}

TEST(KalmanBox, IsNeverSmallerThanAPixel) {
  KalmanBox filter({10, 10, 5, 5});
  for (int step = 0; step < 20; ++step) {
    filter.predict(1);
    filter.correct({10, 10, 5 - 0.25F * static_cast<float>(step), 0.1F});
  }
  filter.predict(100);
  EXPECT_GE(filter.box().width, 1);
  EXPECT_GE(filter.box().height, 1);
}

}  // namespace
}  // namespace deepstack
