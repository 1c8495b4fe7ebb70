#include "core/store/opt_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analyzer.h"
#include "core/store/identity_edits.h"
#include "tests/support/known_people.h"
#include "tests/support/manual_clock.h"

namespace deepstack {
namespace {

using testing::HasSubstr;

class OptOut : public test::KnownPeople {
 protected:
  // What an analyzer with this store tells of somebody whom it sees for ten seconds.
  std::vector<Event> events_of(test::Look look) const {
    auto encoder = std::make_shared<test::ColorEncoder>();
    Settings settings = settings_;
    settings.proposals = ProposalSource::kUpstream;
    auto analyzer =
        Analyzer::create(settings, encoder, std::make_shared<test::ManualClock>(kSeen_s + 1000));
    EXPECT_TRUE(analyzer.ok()) << analyzer.status().message();
    const std::vector<test::Thing> things{{{100, 100, 60, 120}, look}};
    const std::vector<Detection> detections = test::detections_of(things);
    AnalyzerFrame frame;
    frame.rgb = test::paint(things, 320, 320);
    frame.upstream = &detections;
    std::vector<Event> events;
    for (int i = 0; i <= 100; ++i) {
      frame.time = {0, i * int64_t{100'000'000}};
      frame.number = i + 1;
      auto result = (*analyzer)->analyze(frame);
      EXPECT_TRUE(result.ok()) << result.status().message();
      for (Event& event : result->events) events.push_back(std::move(event));
    }
    for (Event& event : (*analyzer)->finish()) events.push_back(std::move(event));
    return events;
  }
  static int with_identity(const std::vector<Event>& events) {
    int count = 0;
    for (const Event& event : events) {
      for (const ObservedObject& object : event.objects) count += object.identity ? 1 : 0;
    }
    return count;
  }
  OptOut() { model_.name = "colour"; }
};

constexpr test::Look kRed = 0xC00000, kBlue = 0x0000C0;

TEST_F(OptOut, KeepsATemplateAndErasesAllElse) {
  make({kRed, kBlue});
  const std::string uuid = record(1).uuid;
  // As they are of a model: a mean, and no token.
  change("UPDATE observations SET levels = randomblob(length(levels))");
  EditableStore open = edit();
  ASSERT_TRUE(name_identity(open, 1, "Ana").ok());
  const auto receipt = opt_out(open, 1);
  ASSERT_TRUE(receipt.ok()) << receipt.status().message();
  EXPECT_EQ(receipt->number, 3);
  EXPECT_EQ(receipt->erased.tracks, 2);
  EXPECT_FALSE(receipt->erased.shared) << "what was given to the template is not looked for";
  const IdentityRecord left_alone = record(3);
  EXPECT_TRUE(left_alone.opted_out);
  EXPECT_EQ(left_alone.name, "");
  EXPECT_EQ(left_alone.prototypes, 1);
  EXPECT_EQ(left_alone.tracks, 0);
  EXPECT_NE(left_alone.uuid, uuid);
  auto file = open_store_to_read(store());
  EXPECT_EQ(find_identity(*file, uuid).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(audit()[0].action, "erase");
  EXPECT_EQ(audit()[1].action, "opt out");
}

TEST_F(OptOut, WhoOptedOutIsATrackAndNothingElse) {
  make({kRed, kBlue});
  EXPECT_GT(with_identity(events_of(kRed)), 0);
  {
    EditableStore open = edit();
    ASSERT_TRUE(opt_out(open, 1).ok());
  }
  const std::string before = content();
  const std::vector<Event> events = events_of(kRed);
  EXPECT_GT(events.size(), 50U) << "the track is told";
  EXPECT_EQ(with_identity(events), 0);
  EXPECT_EQ(content(), before) << "nothing is learnt, nobody is new";
  EXPECT_GT(with_identity(events_of(kBlue)), 0);
}

TEST_F(OptOut, AVideoKeepsATrackOfHimAndNoLooks) {
  make({kRed, kBlue});
  {
    EditableStore open = edit();
    ASSERT_TRUE(opt_out(open, 1).ok());
  }
  const auto store = archive();
  ArchiveStep step = step_of(*store, video_of("yard", 2));
  see(step, 1, kRed, 0, 5);
  see(step, 2, kBlue, 0, 5);
  ASSERT_TRUE(store->commit(step).ok());
  ArchiveIdentities identities{.tracks = {{1, 3, 0.9F}, {2, 2, 0.9F}}, .changes = {}};
  identities.changes.last_number = 3;
  const Status status = store->identify(step.video.id, identities);
  ASSERT_TRUE(status.ok()) << status.message();
  const std::string of_video =
      " FROM tracks AS t LEFT JOIN observations AS o ON o.track = t.id "
      "WHERE t.video = 2 AND t.track = ";
  EXPECT_EQ(ask("SELECT count(o.id)" + of_video + "1"), 0);
  EXPECT_EQ(ask("SELECT t.identity IS NULL" + of_video + "1"), 1);
  EXPECT_EQ(ask("SELECT count(o.id)" + of_video + "2"), 5);
}

TEST_F(OptOut, IsNotForgottenForAgeOrForWantOfMemory) {
  make({kRed, kBlue});
  {
    EditableStore open = edit();
    ASSERT_TRUE(opt_out(open, 1).ok());
  }
  settings_.gallery_max_bytes = 65'536;
  {
    const auto gallery = open();
    for (test::Look look = 1; look <= 100; ++look) learn(*gallery, look, kSeen_s + 100 + look);
    EXPECT_EQ(recognised(*gallery, kRed, kSeen_s + 300).number, 3);
    gallery->expire(kSeen_s + 1e9);
    EXPECT_EQ(gallery->stats().identities, 0U) << "he does not count";
    EXPECT_EQ(recognised(*gallery, kRed, kSeen_s + 300).number, 3);
  }
  EXPECT_EQ(ask("SELECT count(*) FROM identities"), 1);
}

TEST_F(OptOut, CannotBeNamedMergedOrSplit) {
  make({kRed, kBlue});
  EditableStore open = edit();
  ASSERT_TRUE(opt_out(open, 1).ok());
  for (const Status& status :
       {name_identity(open, 3, "Ana").status(), merge_identities(open, 3, 2).status(),
        merge_identities(open, 2, 3).status(), opt_out(open, 3).status()}) {
    EXPECT_EQ(status.code(), StatusCode::kInvalid);
    EXPECT_THAT(status.message(), HasSubstr("opted out"));
  }
}

TEST_F(OptOut, WithdrawingErasesTheTemplate) {
  make({kRed, kBlue});
  {
    EditableStore open = edit();
    ASSERT_TRUE(opt_out(open, 1).ok());
    EXPECT_EQ(withdraw_opt_out(open, 2).code(), StatusCode::kNotFound);
    ASSERT_TRUE(withdraw_opt_out(open, 3).ok());
    EXPECT_EQ(ask("SELECT count(*) FROM identities"), 1);
  }
  EXPECT_GT(with_identity(events_of(kRed)), 0) << "he is a stranger, and new";
}

TEST_F(OptOut, WantsAViewToKnowHimBy) {
  make({kRed, kBlue});
  change("DELETE FROM prototypes WHERE identity = 1");
  EditableStore open = edit();
  EXPECT_THAT(opt_out(open, 1).status().message(), HasSubstr("erase it instead"));
}

}  // namespace
}  // namespace deepstack
