#include "core/event/frigate_events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace deepstack {
namespace {

using nlohmann::json;

const std::string kAnna = "11111111-2222-4333-8444-555555555555";
const std::string kBert = "66666666-7777-4888-9999-aaaaaaaaaaaa";

// Messages that a converter told, by who they are about and what they say.
struct Frigate : testing::Test {
  FrigateEvents converter;
  double seconds = 0;

  static ObservedObject object(int64_t track, Box box, float score = 0.8F,
                               const std::string& uuid = "") {
    ObservedObject seen{.detection = {box, score, "person"}, .track_id = track};
    if (uuid.empty()) return seen;
    seen.identity.emplace();
    seen.identity->uuid = uuid;
    seen.identity->score = 0.9F;
    return seen;
  }

  std::vector<json> tell(Event event) {
    event.frame.width = 640;
    event.frame.height = 480;
    event.frame.time.ns = static_cast<int64_t>(seconds * 1e9);
    const auto lines = converter.convert(event, {.name = "door", .model = "tiny"});
    std::vector<json> messages;
    for (const EventText& line : *lines) messages.push_back(json::parse(line.json));
    return messages;
  }
  std::vector<json> tell(EventKind kind, std::vector<ObservedObject> objects) {
    Event event;
    event.kind = kind;
    event.objects = std::move(objects);
    return tell(event);
  }
  std::vector<json> update(const ObservedObject& seen) { return tell(EventKind::kUpdate, {seen}); }
};

constexpr Box kHere{100, 100, 40, 80};

TEST_F(Frigate, AnObjectBeginsOnceAndEndsWithItsTime) {
  const auto first = tell(EventKind::kNew, {object(1, kHere)});
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0]["type"], "new");
  EXPECT_EQ(first[0]["before"]["false_positive"], true);
  EXPECT_EQ(first[0]["after"]["false_positive"], false);
  EXPECT_EQ(first[0]["after"]["box"], json({100, 100, 140, 180}));
  EXPECT_EQ(first[0]["after"]["sub_label"], nullptr);
  EXPECT_TRUE(update(object(1, kHere)).empty()) << "nothing new";
  seconds = 3;
  const auto last = tell(EventKind::kEnd, {object(1, kHere)});
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0]["type"], "end");
  EXPECT_EQ(last[0]["before"]["end_time"], nullptr);
  EXPECT_EQ(last[0]["after"]["end_time"], 3.0);
  EXPECT_EQ(last[0]["after"]["id"], first[0]["after"]["id"]);
  EXPECT_TRUE(tell(EventKind::kEnd, {object(1, kHere)}).empty());
  EXPECT_EQ(converter.tracks(), 0U);
}

TEST_F(Frigate, WhoItIsIsASubLabelAndToldTwice) {
  update(object(1, kHere));
  const auto known = update(object(1, kHere, 0.8F, kAnna));
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0]["before"]["sub_label"], nullptr);
  EXPECT_EQ(known[0]["after"]["sub_label"], json({kAnna, 0.9}));
  EXPECT_EQ(known[1], (json{{"type", "classification"},
                            {"id", known[0]["after"]["id"]},
                            {"camera", "door"},
                            {"model", "tiny"},
                            {"sub_label", kAnna},
                            {"score", 0.9},
                            {"timestamp", 0.0}}));
}

TEST_F(Frigate, RenameCorrectsOneTrackAndMergeAllThatHaveTheName) {
  update(object(1, kHere, 0.8F, kAnna));
  update(object(2, {300, 100, 40, 80}, 0.8F, kAnna));
  Event event;
  event.kind = EventKind::kRename;
  event.track_id = 2;
  event.from_uuid = kAnna;
  event.to_uuid = kBert;
  event.score = 0.75F;
  auto told = tell(event);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0]["before"]["sub_label"], json({kAnna, 0.9}));
  EXPECT_EQ(told[0]["after"]["sub_label"], json({kBert, 0.75}));
  event.kind = EventKind::kMerge;
  event.from_uuid = kBert;
  event.to_uuid = kAnna;
  told = tell(event);
  ASSERT_EQ(told.size(), 2U) << "only the second is Bert";
  EXPECT_EQ(told[0]["after"]["sub_label"], json({kAnna, 0.75}));
  EXPECT_TRUE(update(object(2, {300, 100, 40, 80}, 0.8F, kAnna)).empty()) << "was told";
}

TEST_F(Frigate, ABetterViewIsNewsAndAWorseOneIsNot) {
  update(object(1, kHere, 0.5F));
  seconds = 1;
  EXPECT_TRUE(update(object(1, kHere, 0.51F)).empty());
  EXPECT_TRUE(update(object(1, kHere, 0.3F)).empty());
  const auto better = update(object(1, kHere, 0.9F));
  ASSERT_EQ(better.size(), 1U);
  EXPECT_EQ(better[0]["after"]["snapshot"]["score"], 0.9);
  EXPECT_EQ(better[0]["after"]["top_score"], 0.9);
  seconds = 2;
  EXPECT_EQ(update(object(1, {100, 100, 60, 90})).size(), 1U) << "larger";
}

TEST_F(Frigate, ItComesToRestAfterTenSecondsAndMovesOn) {
  update(object(1, kHere));
  std::vector<json> told;
  for (; seconds < 12 && told.empty(); seconds += 0.5) told = update(object(1, kHere));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(seconds, 10.5);
  EXPECT_EQ(told[0]["after"]["stationary"], true);
  EXPECT_EQ(told[0]["after"]["active"], false);
  EXPECT_GT(told[0]["after"]["motionless_count"], 15);
  told = update(object(1, {300, 100, 40, 80}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["after"]["stationary"], false);
  EXPECT_EQ(told[0]["after"]["position_changes"], 1);
}

TEST_F(Frigate, AMinuteIsNeverSilent) {
  update(object(1, kHere));
  size_t told = 0;
  for (seconds = 11; seconds < 200; ++seconds) told += update(object(1, kHere)).size();
  EXPECT_EQ(told, 4U) << "at rest at 11 s, then at 71, 131 and 191 s";
}

TEST_F(Frigate, MoreTracksThanAreKeptEndTheOldest) {
  size_t ended = 0;
  for (int64_t track = 1; track <= 1030; ++track) {
    for (const json& message : update(object(track, kHere))) ended += message["type"] == "end";
  }
  EXPECT_EQ(ended, 6U);
  EXPECT_EQ(converter.tracks(), FrigateEvents::kMostTracks);
}

}  // namespace
}  // namespace deepstack
