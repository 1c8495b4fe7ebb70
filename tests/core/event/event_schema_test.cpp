// Every schema: what it says of every kind of event, by its golden file, and that its published
// JSON Schema accepts that and refuses what is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "core/event/event_converter.h"
#include "tests/support/schema_check.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr EventKind kKinds[] = {
    EventKind::kNew,        EventKind::kUpdate,    EventKind::kEnd,           EventKind::kRename,
    EventKind::kMerge,      EventKind::kStreamGap, EventKind::kStreamChanged, EventKind::kStats,
    EventKind::kCameraLost, EventKind::kCameraBack};
const std::string kAnna = "11111111-2222-4333-8444-555555555555";
const std::string kBert = "66666666-7777-4888-9999-aaaaaaaaaaaa";

ObservedObject person(int64_t track, const std::string& uuid, Box box) {
  ObservedObject object{.detection = {box, 0.87654F, "person", 1}, .track_id = track};
  object.region_id = 10 + static_cast<uint64_t>(track);
  if (uuid.empty()) return object;
  object.identity = IdentityEvidence{.uuid = uuid,
                                     .number = 1,
                                     .state = IdentityState::kConfirmed,
                                     .score = 0.91F,
                                     .margin = 0.25F,
                                     .runner_up = "",
                                     .gap_s = 3600.5,
                                     .levels = {0.5F, -0.25F, 1}};
  return object;
}

Event event_of(EventKind kind, uint64_t number) {
  Event event;
  event.kind = kind;
  event.number = number;
  const auto seconds = static_cast<int64_t>(number);
  event.frame = {.number = 25 * seconds,
                 .width = 640,
                 .height = 480,
                 .time = {0, seconds * 1'000'000'000},
                 .pts_ns = seconds * 1'000'000'000};
  event.frame.utc = {UtcSource::kNtp, 1'795'451'341'250'113'000 + seconds * 1'000'000'000,
                     20'400'000, false};
  return event;
}

// What happens in the golden files: two people come, one of them is corrected twice, both leave.
std::vector<Event> story() {
  std::vector<Event> events;
  const auto add = [&](EventKind kind) -> Event& {
    events.push_back(event_of(kind, events.size() + 1));
    return events.back();
  };
  const ObservedObject anna = person(1, "", {10.4F, 20.6F, 30, 40});
  const ObservedObject bert = person(2, kBert, {100, 50, 30, 90});
  add(EventKind::kNew).objects = {anna};
  add(EventKind::kUpdate).objects = {anna, bert};
  add(EventKind::kUpdate).objects = {person(1, kAnna, {11, 20, 30, 40}), bert};
  Event& rename = add(EventKind::kRename);
  rename.track_id = 1;
  rename.from_uuid = kAnna;
  rename.to_uuid = kBert;
  rename.score = 0.75F;
  Event& merge = add(EventKind::kMerge);
  merge.track_id = 2;
  merge.from_uuid = kBert;
  merge.to_uuid = kAnna;
  merge.score = 0.5F;
  add(EventKind::kStreamGap).gap_s = 4;
  add(EventKind::kStreamChanged).video = {"NV12", 640, 480, 25, 1};
  add(EventKind::kCameraLost).camera = {false, "stalled", "stalled", "rtsp://10.0.0.5/live", 9, 7};
  add(EventKind::kCameraBack).camera = {true, "live", "", "rtsp://10.0.0.5/live", 9, 8};
  add(EventKind::kEnd).objects = {person(1, kAnna, {300, 20, 30, 40})};
  add(EventKind::kEnd).objects = {bert};
  add(EventKind::kStats).counters = {{"frames_in", 100}, {"frames_dropped", 0}};
  return events;
}

const EventSource kSource{"front door",
                          true,
                          "vit-tiny 1",
                          std::string(64, 'a'),
                          "cccccccc-0000-4000-8000-000000000000",
                          R"({"site":"north","floor":2})"};

std::vector<EventText> told(EventConverter& converter, const std::vector<Event>& events) {
  std::vector<EventText> lines;
  for (const Event& event : events) {
    auto texts = converter.convert(event, kSource);
    EXPECT_TRUE(texts.ok());
    for (EventText& text : *texts) lines.push_back(std::move(text));
  }
  return lines;
}

struct SchemaTest : testing::TestWithParam<EventSchema> {
  const std::string name = event_format(GetParam());
  const std::string schema_file = test::schema_file(name);
  const std::unique_ptr<EventConverter> converter = make_event_converter(GetParam());
};

// DEEPSTACK_UPDATE_GOLDEN=1 writes the files anew; read the difference before it is kept.
TEST_P(SchemaTest, SaysWhatItsGoldenFileSays) {
  const std::string file =
      std::string(DEEPSTACK_SOURCE_DIR "/tests/core/event/golden/") + name + ".jsonl";
  std::string lines;
  for (const EventText& line : told(*converter, story())) lines += line.json + "\n";
  if (std::getenv("DEEPSTACK_UPDATE_GOLDEN") != nullptr) std::ofstream(file) << lines;
  std::stringstream golden;
  golden << std::ifstream(file).rdbuf();
  EXPECT_EQ(lines, golden.str());
  EXPECT_NE(lines, "");
}

TEST_P(SchemaTest, ItsJsonSchemaAcceptsAllOfIt) {
  for (const EventText& line : told(*converter, story())) {
    EXPECT_EQ(test::schema_error(schema_file, line.json), "") << line.json;
  }
}

TEST_P(SchemaTest, ItsJsonSchemaRefusesAMissingOrAnUnknownKey) {
  for (const EventText& line : told(*converter, story())) {
    json extra = json::parse(line.json);
    extra["unheard_of"] = 1;
    EXPECT_NE(test::schema_error(schema_file, extra.dump()), "");
    json bare = json::object();
    EXPECT_NE(test::schema_error(schema_file, bare.dump()), "");
  }
}

TEST_P(SchemaTest, KeysAreSortedAtEveryDepth) {
  for (const EventText& line : told(*converter, story())) {
    // A json object sorts its keys; an ordered one keeps the order of the text. Tags are the
    // user's.
    nlohmann::ordered_json kept = nlohmann::ordered_json::parse(line.json);
    kept.erase("tags");
    EXPECT_EQ(kept.dump(), json::parse(kept.dump()).dump());
  }
}

TEST_P(SchemaTest, HostileValuesStayJsonAndAreCounted) {
  std::vector<Event> events = story();
  for (Event& event : events) {
    for (ObservedObject& object : event.objects) {
      object.detection.label = "\xFF\xC3|\"\n\x01";
      object.detection.score = std::nanf("");
      if (object.identity) object.identity->score = std::nanf("");
      object.detection.box = {1e30F, -1e30F, INFINITY, 5};
    }
  }
  for (const EventText& line : told(*converter, events)) {
    EXPECT_EQ(test::schema_error(schema_file, line.json), "") << line.json;
    EXPECT_EQ(line.json.find('\n'), std::string::npos);
  }
  EXPECT_GT(converter->replaced(), 0U);
}

TEST_P(SchemaTest, WithoutAFrameOrANameItIsStillValid) {
  for (const EventKind kind : kKinds) {
    Event event;
    event.kind = kind;
    event.objects = {person(1, kAnna, {})};
    event.from_uuid = kAnna;
    event.to_uuid = kBert;
    event.track_id = 1;
    event.video = {"NV12", 1, 1, 0, 1};
    event.camera.state = "live";
    event.counters = {{"frames_in", 1}};
    const auto lines = converter->convert(event, {});
    ASSERT_TRUE(lines.ok());
    for (const EventText& line : *lines) {
      EXPECT_EQ(test::schema_error(schema_file, line.json), "") << line.json;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SchemaTest, testing::ValuesIn(kEventSchemas), [](const auto& test) {
  std::string name = event_format(test.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace deepstack
