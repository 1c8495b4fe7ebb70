#include "core/event/event_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/identity/uuid.h"
#include "tests/support/schema_check.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr EventKind kKinds[] = {EventKind::kNew,    EventKind::kUpdate, EventKind::kEnd,
                                EventKind::kRename, EventKind::kMerge,  EventKind::kStreamGap,
                                EventKind::kStreamChanged, EventKind::kStats,
                                EventKind::kCameraLost,    EventKind::kCameraBack};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string schema_error(const std::string& text) {
  return test::schema_error(test::schema_file("deepstack-1"), text);
}

ObservedObject full_object() {
  ObservedObject object;
  object.detection = {{10.4F, 20.6F, 30, 40}, 0.87654F, "person", 1};
  object.region_id = 12;
  object.track_id = 3;
  object.identity = IdentityEvidence{.uuid = "11111111-2222-4333-8444-555555555555",
                                     .number = 1,
                                     .state = IdentityState::kConfirmed,
                                     .score = 0.91F,
                                     .margin = 0.25F,
                                     .runner_up = "66666666-7777-4888-9999-aaaaaaaaaaaa",
                                     .gap_s = 3600.5,
                                     .levels = {0.5F, -0.25F, 1}};
  return object;
}

Event full_event(EventKind kind) {
  Event event;
  event.kind = kind;
  event.number = 42;
  event.frame = {
      .width = 640, .height = 480, .time = {2, 5'000'000'000}, .pts_ns = 77, .age_ms = 12.3};
  if (kind == EventKind::kNew || kind == EventKind::kUpdate || kind == EventKind::kEnd) {
    event.objects = {full_object(), full_object()};
    event.objects[1].identity.reset();
    event.objects[1].detection.label_id = -1;
  }
  event.track_id = 3;
  event.from_uuid = random_uuid();
  event.to_uuid = random_uuid();
  event.gap_s = 4;
  event.video = {"NV12", 640, 480, 25, 1};
  event.counters = {{"frames_in", 100}, {"frames_dropped", 0}};
  event.camera = {.back = kind == EventKind::kCameraBack,
                  .state = "stalled",
                  .reason = "stalled",
                  .uri = "rtsp://10.0.0.5/live",
                  .away_ms = 2001,
                  .reconnects = 7};
  return event;
}

TEST(EventJson, EveryKindFollowsThePublishedSchema) {
  for (const EventKind kind : kKinds) {
    const std::string text = to_json(full_event(kind), {"front door", true});
    EXPECT_EQ(schema_error(text), "") << text;
    EXPECT_EQ(json::parse(text)["event"], event_name(kind));
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

TEST(EventJson, TheSchemaRefusesWhatIsNoEvent) {
  const json good = json::parse(to_json(full_event(EventKind::kNew), {"x", false}));
  ASSERT_EQ(schema_error(good.dump()), "");
  for (const char* key : {"schema", "event", "event_id", "resolution", "timestamp", "time", "objects"}) {
    json bad = good;
    bad.erase(key);
    EXPECT_NE(schema_error(bad.dump()), "") << key;
  }
  json bad = good;
  bad["objects"][0]["detection"]["confidence"] = 1.5;
  EXPECT_NE(schema_error(bad.dump()), "");
  bad = good;
  bad["objects"][0]["identity"]["id"] = "somebody";
  EXPECT_NE(schema_error(bad.dump()), "");
}

TEST(EventJson, AnUpdateIsExactlyThisLine) {
  Event event = full_event(EventKind::kUpdate);
  event.objects.pop_back();
  EXPECT_EQ(
      to_json(event, {"door", false}),
      R"({"event":"update","event_id":"00000000-0000-4000-8000-000000000000-42","objects":[{"detection":{"bounding_box":{"x_max":0.0631,"x_min":0.0162,)"
      R"("y_max":0.1262,"y_min":0.0429},"confidence":0.8765,"label":"person","label_id":1},"h":40,)"
      R"("id":3,"identity":{"gap_s":3600.5,"id":"11111111-2222-4333-8444-555555555555",)"
      R"("levels":[0.5,-0.25,1.0],"margin":0.25,"runner_up":"66666666-7777-4888-9999-aaaaaaaaaaaa",)"
      R"("score":0.91,"state":"confirmed"},"region_id":12,"roi_type":"person","w":30,"x":10,"y":21}],)"
      R"("resolution":{"height":480,"width":640},"schema":"deepstack-1","source":"door",)"
      R"("time":{"age_ms":12.3,"pts":77,"running_time":5000000000,"source":"file","timeline":2},)"
      R"("timestamp":5000000000})");
}

TEST(EventJson, F19_TheModelIsNamedWithTheDigestOfItsWeights) {
  const std::string digest(64, 'a');
  const json event =
      json::parse(to_json(full_event(EventKind::kUpdate), {"door", false, "vit-tiny 1", digest}));
  EXPECT_EQ(schema_error(event.dump()), "");
  EXPECT_EQ(event["model"], (json{{"name", "vit-tiny 1"}, {"sha256", digest}}));
}

TEST(EventJson, EmbeddingsAreHalvesInBase64) {
  Event event = full_event(EventKind::kUpdate);
  // 1 and -1: 3C00 and BC00, low byte first.
  event.objects[0].embeddings = std::make_shared<const std::vector<Embedding>>(
      std::vector<Embedding>{{"0", {0x3C00, 0xBC00}}, {"1", {0x3C00}}});
  const std::string text = to_json(event, {"door", false, "vit-tiny 1"});
  EXPECT_EQ(schema_error(text), "") << text;
  const json object = json::parse(text)["objects"][0];
  EXPECT_EQ(object["embedding"], json::parse(R"([
      {"model":"vit-tiny 1","level":"0","dim":2,"dtype":"f16","b64":"ADwAvA=="},
      {"model":"vit-tiny 1","level":"1","dim":1,"dtype":"f16","b64":"ADw="}])"));
  EXPECT_FALSE(json::parse(text)["objects"][1].contains("embedding"));
}

TEST(EventJson, ACameraReportIsExactlyThisLine) {
  Event event = full_event(EventKind::kCameraLost);
  event.frame = {.time = {2, 5'000'000'000}};
  EXPECT_EQ(to_json(event, {"door", true}),
            R"({"camera":{"away_ms":2001,"reason":"stalled","reconnects":7,"state":"stalled",)"
            R"("uri":"rtsp://10.0.0.5/live"},"event":"camera.lost",)"
            R"("event_id":"00000000-0000-4000-8000-000000000000-42","resolution":{"height":0,"width":0},)"
            R"("schema":"deepstack-1","source":"door","time":{"age_ms":0.0,"running_time":5000000000,)"
            R"("source":"arrival","timeline":2},"timestamp":5000000000})");
}

TEST(EventJson, KeysAreSortedAtEveryDepth) {
  for (const EventKind kind : kKinds) {
    const std::string text = to_json(full_event(kind), {"s", true});
    // A json object sorts its keys; an ordered one keeps the order of the text.
    EXPECT_EQ(nlohmann::ordered_json::parse(text).dump(), json::parse(text).dump());
  }
}

TEST(EventJson, TheTimeSaysWhereItCameFrom) {
  Event event = full_event(EventKind::kStats);
  event.frame.pts_ns = -1;
  const json live = json::parse(to_json(event, {"", true}));
  EXPECT_EQ(live["time"]["source"], "arrival");
  EXPECT_FALSE(live["time"].contains("pts")) << "a buffer without a time stamp";
  EXPECT_FALSE(live.contains("source")) << "no name was given";
  event.frame.pts_ns = 0;
  const json file = json::parse(to_json(event, {"", false}));
  EXPECT_EQ(file["time"]["source"], "file");
  EXPECT_EQ(file["time"]["pts"], 0);
}

TEST(EventJson, UtcIsWrittenWithItsSourceErrorAndDoubts) {
  Event event = full_event(EventKind::kUpdate);
  EXPECT_FALSE(json::parse(to_json(event, {"", true}))["time"].contains("utc")) << "not known";
  for (const UtcSource source :
       {UtcSource::kArrival, UtcSource::kNtp, UtcSource::kUnix, UtcSource::kPtp}) {
    for (const bool uncertain : {false, true}) {
      event.frame.utc = {source, 1'800'000'000'000'000'000, 20'400'000, uncertain};
      const std::string text = to_json(event, {"", true});
      EXPECT_EQ(schema_error(text), "") << text;
      const json time = json::parse(text)["time"];
      EXPECT_EQ(time["source"], utc_source_name(source));
      EXPECT_EQ(time["utc"], "2027-01-15T08:00:00.000000Z");
      EXPECT_EQ(time["utc_error_ms"], 20.4);
      EXPECT_EQ(time["utc_uncertain"], uncertain);
      json bad = json::parse(text);
      bad["time"].erase("utc_error_ms");
      EXPECT_NE(schema_error(bad.dump()), "") << "no UTC without its error";
    }
  }
}

TEST(EventJson, AGapOfUnknownLengthHasNone) {
  Event event = full_event(EventKind::kStreamGap);
  EXPECT_EQ(json::parse(to_json(event, {}))["gap_s"], 4.0);
  event.gap_s = -1;
  const std::string text = to_json(event, {});
  EXPECT_EQ(schema_error(text), "");
  EXPECT_FALSE(json::parse(text).contains("gap_s"));
}

TEST(EventJson, HostileTextBecomesValidUtf8) {
  for (const std::string& hostile :
       {std::string("\xFF\xFE"), std::string("\xC3"), std::string("\xED\xA0\x80"),
        std::string("a\0b", 3), std::string("\"},\n{\"event\":\"end\""),
        std::string("\xF4\x90\x80\x80"), std::string("\x1b[31m"), std::string("\xE2\x80\xA8")}) {
    Event event = full_event(EventKind::kNew);
    event.objects[0].detection.label = hostile;
    const std::string text = to_json(event, {hostile, false});
    EXPECT_EQ(schema_error(text), "") << text;
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_EQ(json::parse(text)["event"], "new");
  }
}

TEST(EventJson, NumbersThatAreNoneOrOutOfRangeKeepTheEventValid) {
  for (const double wrong : {kNan, double{INFINITY}, -double{INFINITY}, 87.5, -3.25}) {
    Event event = full_event(EventKind::kUpdate);
    event.objects[0].detection.score = static_cast<float>(wrong);
    event.objects[0].identity->score = static_cast<float>(wrong);
    event.objects[0].identity->levels = {static_cast<float>(std::isfinite(wrong) ? 0 : wrong)};
    const std::string text = to_json(event, {});
    EXPECT_EQ(schema_error(text), "") << wrong << ": " << text;
  }
}

TEST(EventJson, BoxesAreCutAtTheFrame) {
  const struct {
    Box box;
    int x, y, w, h;
  } cases[] = {{{-10, -10, 20, 30}, 0, 0, 10, 20},
               {{630, 470, 100, 100}, 630, 470, 10, 10},
               {{-50, -50, 10000, 10000}, 0, 0, 640, 480},
               {{1e9F, 1e9F, 1e9F, 1e9F}, 640, 480, 0, 0},
               {{0.4F, 0.5F, 1, 1}, 0, 1, 1, 1}};
  for (const auto& known : cases) {
    Event event = full_event(EventKind::kUpdate);
    event.objects[0].detection.box = known.box;
    const std::string text = to_json(event, {});
    EXPECT_EQ(schema_error(text), "") << text;
    const json object = json::parse(text)["objects"][0];
    EXPECT_EQ((std::vector<int>{object["x"], object["y"], object["w"], object["h"]}),
              (std::vector<int>{known.x, known.y, known.w, known.h}));
  }
}

}  // namespace
}  // namespace deepstack
