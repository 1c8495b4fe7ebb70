// Tags are inside the picture, beside their box, apart from each other, and do not jump.
#include "core/overlay/tag_places.h"

#include <gtest/gtest.h>

#include <random>

namespace deepstack {
namespace {

constexpr int kWidth = 640;
constexpr int kHeight = 360;

Tag tag(const PixelRect& box, int64_t track = 1) { return {box, 80, 20, track}; }

PixelRect place_one(const PixelRect& box) {
  return TagPlaces().place({tag(box)}, kWidth, kHeight).front();
}

TEST(TagPlaces, ATagSitsOnItsBox) {
  EXPECT_EQ(place_one({100, 100, 50, 120}), (PixelRect{100, 80, 80, 20}));
}

TEST(TagPlaces, WhereThereIsNoRoomAboveItGoesBelowAndThenInside) {
  EXPECT_EQ(place_one({100, 4, 50, 120}), (PixelRect{100, 124, 80, 20}));
  EXPECT_EQ(place_one({100, 0, 100, kHeight}), (PixelRect{100, 0, 80, 20}));
}

TEST(TagPlaces, AtTheRightEdgeItEndsWithItsBox) {
  EXPECT_EQ(place_one({600, 100, 40, 120}), (PixelRect{560, 80, 80, 20}));
}

TEST(TagPlaces, NeighboursDoNotCoverEachOther) {
  TagPlaces places;
  const auto placed = places.place(
      {tag({100, 100, 50, 120}, 1), tag({130, 95, 50, 120}, 2), tag({90, 105, 50, 120}, 3)}, kWidth,
      kHeight);
  for (size_t i = 0; i < placed.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      EXPECT_TRUE(intersection(placed[i], placed[k]).empty()) << i << " and " << k;
    }
  }
}

TEST(TagPlaces, ARowOfPeopleCloseTogetherCanBeRead) {
  std::vector<Tag> tags;
  for (int i = 0; i < 12; ++i) tags.push_back(tag({40 + 45 * i, 150 + i % 3, 40, 100}, i));
  const auto placed = TagPlaces().place(tags, kWidth, kHeight);
  for (size_t i = 0; i < placed.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      EXPECT_TRUE(intersection(placed[i], placed[k]).empty()) << i << " and " << k;
    }
  }
}

TEST(TagPlaces, ATrackKeepsItsSideWhileItIsGoodEnough) {
  TagPlaces places;
  // Room above is short by one pixel, then there by one.
  const PixelRect short_of_room{100, 14, 50, 120};
  ASSERT_EQ(places.place({tag(short_of_room)}, kWidth, kHeight).front().y, 134);
  EXPECT_EQ(places.place({tag({100, 21, 50, 120})}, kWidth, kHeight).front().y, 141) << "stays";
  EXPECT_EQ(TagPlaces().place({tag({100, 21, 50, 120})}, kWidth, kHeight).front().y, 1);
}

TEST(TagPlaces, EveryTagIsInsideThePictureHoweverManyThereAre) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> x(-100, kWidth + 100);
  std::uniform_int_distribution<int> size(1, 300);
  std::vector<Tag> tags;
  for (int i = 0; i < 100; ++i)
    tags.push_back(tag({x(random), x(random), size(random), size(random)}, i));
  tags.push_back({{10, 10, 5, 5}});
  const auto placed = TagPlaces().place(tags, kWidth, kHeight);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(intersection(placed[i], {0, 0, kWidth, kHeight}), placed[i]) << i;
    EXPECT_EQ(placed[i].width, 80);
  }
  EXPECT_TRUE(placed.back().empty()) << "has nothing to say";
}

}  // namespace
}  // namespace deepstack
