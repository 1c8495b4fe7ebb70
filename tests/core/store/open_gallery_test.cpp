#include "core/store/open_gallery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/store_folder.h"

namespace deepstack {
namespace {

using testing::HasSubstr;
using OpenGallery = test::StoreFolder;

constexpr double kNow_s = 1.8e9;

TEST_F(OpenGallery, IdentitiesSurviveARestart) {
  auto gallery = open();
  std::vector<KnownIdentity> before;
  for (test::Look look = 1; look <= 20; ++look)
    before.push_back(learn(*gallery, look, kNow_s + look));
  gallery.reset();
  gallery = open();
  for (test::Look look = 1; look <= 20; ++look) {
    const KnownIdentity after = recognised(*gallery, look, kNow_s + 3600);
    EXPECT_EQ(after.uuid, before[look - 1].uuid);
    EXPECT_EQ(after.number, before[look - 1].number);
    EXPECT_EQ(after.last_seen_s, kNow_s + look);
  }
  EXPECT_EQ(recognised(*gallery, 77, kNow_s).number, 0);
  EXPECT_EQ(gallery->latest_s(), kNow_s + 20);
}

TEST_F(OpenGallery, NumbersAreNeverGivenTwiceNotEvenAfterARestart) {
  settings_.gallery_ttl_s = 10;
  auto gallery = open();
  EXPECT_EQ(learn(*gallery, 1, kNow_s).number, 1);
  EXPECT_EQ(learn(*gallery, 2, kNow_s).number, 2);
  gallery->expire(kNow_s + 100);
  EXPECT_EQ(gallery->stats().identities, 0U);
  gallery.reset();
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM prototypes"), 0) << "the views go with their identity";
  gallery = open();
  EXPECT_EQ(learn(*gallery, 3, kNow_s + 100).number, 3);
}

TEST_F(OpenGallery, ViewsMergesAndSightingsAreKept) {
  auto gallery = open();
  const int64_t old = learn(*gallery, 1, kNow_s).number;
  const int64_t young = learn(*gallery, 2, kNow_s + 20).number;
  ASSERT_TRUE(gallery->flush().ok());
  gallery->merge(young, old);
  gallery->learn(old, test::appearance_of(3, kNow_s + 40), 0);
  gallery->see(old, kNow_s + 50);
  gallery.reset();
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM prototypes"), 3);
  gallery = open();
  for (const test::Look look : {1U, 2U, 3U}) {
    EXPECT_EQ(recognised(*gallery, look, kNow_s + 60).number, old) << look;
  }
  EXPECT_EQ(gallery->find(old)->last_seen_s, kNow_s + 50);
}

TEST_F(OpenGallery, ValuesAtTheEdgeOfWhatAViewHasAreKept) {
  auto gallery = open();
  Appearance view = test::appearance_of(1, kNow_s);
  view.gate = {1.0000002F, 0, 0};
  view.quality = std::nanf("");
  const int64_t number = gallery->add("person", kNow_s).number;
  gallery->learn(number, view, 0);
  view = test::appearance_of(2, kNow_s + 1);
  view.quality = 1.5F;
  gallery->learn(number, view, 0);
  ASSERT_TRUE(gallery->flush().ok());
  gallery.reset();
  EXPECT_EQ(recognised(*open(), 1, kNow_s + 5).number, number);
  EXPECT_EQ(ask("SELECT sum(quality) FROM prototypes"), 1);
}

TEST_F(OpenGallery, StreamsWithTheSameIdShareOneGallery) {
  settings_.gallery_id = "yard";
  const auto first = open();
  const auto second = open();
  EXPECT_EQ(first, second);
  const KnownIdentity seen = learn(*first, 1, kNow_s);
  EXPECT_EQ(recognised(*second, 1, kNow_s + 5).uuid, seen.uuid);
  settings_.gallery_location.clear();
  settings_.gallery_id = "street";
  EXPECT_NE(open(), first);
  settings_.gallery_id.clear();
  EXPECT_NE(open(), open()) << "without an id, each has its own";
}

TEST_F(OpenGallery, ASharedGalleryHasOneSetOfSettings) {
  settings_.gallery_id = "yard";
  const auto open_one = open();
  const struct {
    const char* name;
    const char* value;
    std::function<void(Settings&)> change;
  } cases[] = {
      {"gallery-location", "''", [](Settings& s) { s.gallery_location.clear(); }},
      {"gallery-max-bytes", "65536", [](Settings& s) { s.gallery_max_bytes = 65'536; }},
      {"gallery-ttl", "77", [](Settings& s) { s.gallery_ttl_s = 77; }},
      {"gallery-mode", "read", [](Settings& s) { s.gallery_mode = GalleryMode::kRead; }},
  };
  for (const auto& wrong : cases) {
    Settings other = settings_;
    wrong.change(other);
    const Status status = refusal(other);
    EXPECT_EQ(status.code(), StatusCode::kInvalid);
    EXPECT_THAT(status.message(), HasSubstr("gallery-id 'yard'"));
    EXPECT_THAT(status.message(), HasSubstr(wrong.name));
    EXPECT_THAT(status.message(), HasSubstr(wrong.value));
  }
  model_.name = "another";
  EXPECT_THAT(refusal().message(), HasSubstr("another"));
}

TEST_F(OpenGallery, ASecondLearnerIsToldWhoIsThere) {
  const auto first = open();
  const Status status = refusal();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(store().string()));
  EXPECT_THAT(status.message(), HasSubstr("process " + std::to_string(getpid())));
}

TEST_F(OpenGallery, TheNextLearnerMayComeOnceTheFirstIsGone) {
  open().reset();
  EXPECT_TRUE(refusal().ok());
}

TEST_F(OpenGallery, AReaderMayUseTheStoreBesideALearnerAndChangesNothing) {
  const auto learner = open();
  const KnownIdentity seen = learn(*learner, 1, kNow_s);
  ASSERT_TRUE(learner->flush().ok());
  auto reader = open(reading());
  EXPECT_EQ(recognised(*reader, 1, kNow_s + 5).uuid, seen.uuid);
  reader->see(seen.number, kNow_s + 100);
  reader->expire(kNow_s + 1e9);
  EXPECT_EQ(reader->stats().identities, 0U);
  reader.reset();
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 1);
  EXPECT_EQ(ask("SELECT last_seen_s FROM identities"), static_cast<int64_t>(kNow_s));
}

TEST_F(OpenGallery, ReadingWantsAStoreAndMakesNone) {
  const Status status = refusal(reading());
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(file().string()));
  EXPECT_FALSE(std::filesystem::exists(store()));
}

TEST_F(OpenGallery, OffOpensNothing) {
  settings_.gallery_mode = GalleryMode::kOff;
  EXPECT_NE(open(), nullptr);
  EXPECT_FALSE(std::filesystem::exists(store()));
}

TEST_F(OpenGallery, AStoreOfAnotherModelIsRefusedWithBothNames) {
  learn(*open(), 1, kNow_s);
  model_.name = "newer 2";
  for (const Settings& settings : {settings_, reading()}) {
    const Status status = refusal(settings);
    EXPECT_EQ(status.code(), StatusCode::kInvalid);
    EXPECT_THAT(status.message(), HasSubstr("scripted 1"));
    EXPECT_THAT(status.message(), HasSubstr("newer 2"));
  }
  model_.name = "scripted 1";
  model_.shape.width = 16;
  EXPECT_THAT(refusal().message(), HasSubstr("16 wide"));
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 1) << "and nothing is lost";
}

TEST_F(OpenGallery, AStoreWithMoreThanFitsIsTakenInWithinTheBytes) {
  auto gallery = open();
  for (test::Look look = 1; look <= 100; ++look) learn(*gallery, look, kNow_s + look);
  gallery.reset();
  settings_.gallery_max_bytes = 64 << 10;
  gallery = open();
  const GalleryStats stats = gallery->stats();
  EXPECT_LE(stats.bytes, 65'536U);
  EXPECT_GT(stats.identities, 10U);
  EXPECT_EQ(stats.identities + stats.evictions, 100U);
  EXPECT_NE(recognised(*gallery, 100, kNow_s + 200).number, 0) << "the most recent are there";
  gallery.reset();
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), static_cast<int64_t>(stats.identities));
}

}  // namespace
}  // namespace deepstack
