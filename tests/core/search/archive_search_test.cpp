#include "core/search/archive_search.h"

#include <gtest/gtest.h>

#include "tests/support/archive_folder.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::Look;
using test::scripted_shape;

class ArchiveSearchTest : public test::ArchiveFolder {
 protected:
  // Three people: the first in both videos, an hour apart.
  void SetUp() override {
    ArchiveFolder::SetUp();
    const std::unique_ptr<ArchiveStore> writing = archive();
    ArchiveStep door = step_of(*writing, video_of("door", 0));
    see(door, 1, Look(1), 0, 10);
    see(door, 2, Look(2), 5, 10);
    ASSERT_TRUE(writing->commit(door).ok());
    ArchiveStep yard = step_of(*writing, video_of("yard", 60));
    see(yard, 1, Look(3), 0, 10);
    see(yard, 2, Look(1), 20, 10);
    ASSERT_TRUE(writing->commit(yard).ok());
    reading_ = archive(StoreAccess::kRead);
  }

  std::vector<ArchiveAnswer> find(const ArchiveFilter& filter, Look look, size_t limit = 10,
                                  float min_score = 0) {
    auto search = ArchiveSearch::load(*reading_, filter, matcher(), "cpu");
    EXPECT_TRUE(search.ok()) << search.status().message();
    ArchiveQuery query;
    query.views.push_back(appearance_of(look, 0));
    query.limit = limit;
    query.min_score = min_score;
    auto answers = search->find(query);
    EXPECT_TRUE(answers.ok()) << answers.status().message();
    return answers.ok() ? *answers : std::vector<ArchiveAnswer>{};
  }

  static Matcher matcher() { return Matcher(scripted_shape(), test::scripted_match()); }

  std::unique_ptr<ArchiveStore> reading_;
};

TEST_F(ArchiveSearchTest, TheSameIsFoundWhereverItWasAndComesFirst) {
  const std::vector<ArchiveAnswer> answers = find({}, Look(1));
  ASSERT_EQ(answers.size(), 4u);  // one a track
  EXPECT_EQ(answers[0].sighting.camera + answers[1].sighting.camera, "dooryard");
  EXPECT_GT(answers[1].score, answers[2].score + 0.2F);
  for (const ArchiveAnswer& answer : answers) {
    EXPECT_EQ(answer.levels.size(), static_cast<size_t>(scripted_shape().levels));
    EXPECT_TRUE(answer.sighting.observation.tokens.empty());
  }
}

TEST_F(ArchiveSearchTest, WhatIsNotAskedForIsNoAnswer) {
  ArchiveFilter yard;
  yard.camera = "yard";
  const std::vector<ArchiveAnswer> there = find(yard, Look(1));
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there[0].sighting.track_number, 2);
  EXPECT_EQ(find({}, Look(1), 1).size(), 1u);
  EXPECT_EQ(find({}, Look(1), 10, 0.9F).size(), 2u);
  ArchiveFilter cars;
  cars.label = "car";
  EXPECT_TRUE(find(cars, Look(1)).empty());
}

// The only key view is from second 0; what is shown is of the seconds that were asked for.
TEST_F(ArchiveSearchTest, AnAnswerIsOfTheTimeThatWasAskedFor) {
  ArchiveFilter late;
  late.from_s = video_of("door", 0).start_s() + 6;
  late.to_s = late.from_s + 2;
  const std::vector<ArchiveAnswer> answers = find(late, Look(1));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].sighting.track_number, 1);
  EXPECT_GE(answers[0].sighting.observation.seconds, late.from_s);
  EXPECT_LE(answers[0].sighting.observation.seconds, late.to_s);
  const Box& box = answers[0].sighting.observation.box;
  EXPECT_GT(answers[0].x, box.x);
  EXPECT_LT(answers[0].x, box.right());
}

TEST_F(ArchiveSearchTest, TheMarginIsOverSomebodyElse) {
  const std::vector<ArchiveAnswer> answers = find({}, Look(2));
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_FLOAT_EQ(answers[0].margin, answers[0].score - answers[1].score);
  EXPECT_LE(answers[1].margin, 0);
}

TEST_F(ArchiveSearchTest, ThePointIsInTheBox) {
  for (const ArchiveAnswer& answer : find({}, Look(3))) {
    const Box& box = answer.sighting.observation.box;
    EXPECT_TRUE(answer.x > box.x && answer.x < box.right()) << answer.x;
    EXPECT_TRUE(answer.y > box.y && answer.y < box.bottom()) << answer.y;
  }
}

TEST_F(ArchiveSearchTest, AViewOfTooFewLevelsIsRefused) {
  auto search = ArchiveSearch::load(*reading_, {}, matcher(), "cpu");
  ASSERT_TRUE(search.ok());
  ArchiveQuery query;
  EXPECT_EQ(search->find(query).status().code(), StatusCode::kInvalid);
  query.views.push_back(appearance_of(Look(1), 0));
  query.views.back().gate.pop_back();
  EXPECT_EQ(search->find(query).status().code(), StatusCode::kInvalid);
}

TEST_F(ArchiveSearchTest, TheIndexSaysWhatItTakes) {
  auto search = ArchiveSearch::load(*reading_, {}, matcher(), "cpu");
  ASSERT_TRUE(search.ok());
  const FeatureShape shape = scripted_shape();
  EXPECT_EQ(search->index().size(), 40);
  EXPECT_EQ(search->index().bytes(), 40 * (shape.levels * shape.width * 2 + 8));
}

}  // namespace
}  // namespace deepstack
