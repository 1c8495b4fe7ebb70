#include "core/frame/box.h"

#include <gtest/gtest.h>

#include <random>

namespace deepstack {
namespace {

TEST(Box, IntersectionOverUnionOfKnownBoxes) {
  const Box unit{0, 0, 10, 10};
  const struct {
    Box other;
    float iou;
  } cases[] = {
      {{0, 0, 10, 10}, 1},
      {{5, 0, 10, 10}, 50.0F / 150},
      {{5, 5, 10, 10}, 25.0F / 175},
      {{10, 0, 10, 10}, 0},
      {{20, 20, 5, 5}, 0},
      {{2, 2, 5, 5}, 25.0F / 100},
      {{3, 3, 0, 0}, 0},
      {{-10, -10, 30, 30}, 100.0F / 900},
  };
  for (const auto& known : cases) {
    EXPECT_FLOAT_EQ(iou(unit, known.other), known.iou);
    EXPECT_FLOAT_EQ(iou(known.other, unit), known.iou);
  }
  EXPECT_EQ(iou({}, {}), 0) << "nothing overlaps nothing";
}

TEST(Box, ClippingKeepsThePartInsideTheFrame) {
  EXPECT_EQ(clip({-5, -5, 20, 20}, 10, 8), (Box{0, 0, 10, 8}));
  EXPECT_EQ(clip({2, 3, 4, 5}, 10, 10), (Box{2, 3, 4, 5}));
  EXPECT_EQ(clip({8, 8, 4, 4}, 10, 10), (Box{8, 8, 2, 2}));
  for (const Box& outside :
       {Box{-9, 0, 5, 5}, Box{0, -9, 5, 5}, Box{12, 0, 5, 5}, Box{0, 12, 5, 5}}) {
    EXPECT_EQ(clip(outside, 10, 10).area(), 0);
  }
}

TEST(Box, IntersectionCountsTheCommonWholePixels) {
  std::mt19937 random(3);
  const auto number = [&](int largest) { return static_cast<float>(random() % largest); };
  for (int round = 0; round < 200; ++round) {
    const Box a{number(12), number(12), number(9), number(9)};
    const Box b{number(12), number(12), number(9), number(9)};
    int common = 0;
    for (float y = 0; y < 24; ++y) {
      for (float x = 0; x < 24; ++x) {
        const auto inside = [&](const Box& box) {
          return x >= box.x && x < box.right() && y >= box.y && y < box.bottom();
        };
        common += inside(a) && inside(b) ? 1 : 0;
      }
    }
    EXPECT_EQ(intersection(a, b), static_cast<float>(common));
  }
}

}  // namespace
}  // namespace deepstack
