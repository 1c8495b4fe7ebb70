#include "core/analyzer.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "core/event/event_json.h"
#include "tests/support/scripted_encoder.h"
#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::ColorEncoder;
using test::Look;
using test::Thing;

constexpr int kWidth = 320;
constexpr int kHeight = 180;
constexpr Look kRed = 0xC02020;
constexpr Look kBlue = 0x2020C0;

Settings upstream_settings() {
  Settings settings;
  settings.proposals = ProposalSource::kUpstream;
  return settings;
}

Thing person(float x, Look look) { return {{x, 40, 30, 80}, look}; }

// An analyzer that is shown painted scenes with their boxes, and keeps what it told.
class Watch {
 public:
  explicit Watch(const Settings& settings = upstream_settings()) {
    Result<std::unique_ptr<Analyzer>> created = Analyzer::create(settings, encoder);
    EXPECT_TRUE(created.ok()) << created.status().message();
    analyzer = *std::move(created);
  }

  // One frame at this time of the timeline; false when it failed.
  bool show(double seconds, const std::vector<Thing>& things, uint32_t timeline = 0) {
    const std::vector<Detection> detections = detections_of(things);
    const auto ns = static_cast<int64_t>(std::llround(seconds * kNanosPerSecond));
    auto result = analyzer->analyze({.rgb = paint(things, kWidth, kHeight),
                                     .time = {timeline, ns},
                                     .pts_ns = ns,
                                     .number = ++frames_,
                                     .upstream = &detections});
    if (!result.ok()) return false;
    objects = result->objects;
    keep(result->events);
    return true;
  }
  void show_often(double begin, double end, const std::vector<Thing>& things,
                  uint32_t timeline = 0) {
    for (int frame = 0; begin + 0.1 * frame < end; ++frame) {
      ASSERT_TRUE(show(begin + 0.1 * frame, things, timeline));
    }
  }
  void finish() { keep(analyzer->finish()); }

  size_t count(EventKind kind) const {
    size_t count = 0;
    for (const Event& event : events) count += event.kind == kind ? 1 : 0;
    return count;
  }
  // The identity of the object whose box begins there, "" when it has none.
  std::string uuid_at(float x) const {
    for (const ObservedObject& object : objects) {
      if (object.detection.box.x == x) return object.identity ? object.identity->uuid : "";
    }
    ADD_FAILURE() << "nothing at " << x;
    return "";
  }

  std::shared_ptr<ColorEncoder> encoder = std::make_shared<ColorEncoder>();
  std::unique_ptr<Analyzer> analyzer;
  std::vector<ObservedObject> objects;  // of the last frame
  std::vector<Event> events;            // all so far

 private:
  void keep(const std::vector<Event>& told) {
    events.insert(events.end(), told.begin(), told.end());
  }
  int64_t frames_ = 0;
};

TEST(Analyzer, ATrackIsToldAsNewThenUpdatedThenEnded) {
  Watch watch;
  watch.show_often(0, 1, {person(100, kRed)});
  ASSERT_FALSE(watch.events.empty());
  EXPECT_EQ(watch.events[0].kind, EventKind::kNew);
  EXPECT_NEAR(to_seconds(watch.events[0].frame.time.ns), 0.2, 1e-6) << "with the third sighting";
  EXPECT_EQ(watch.count(EventKind::kNew), 1U);
  EXPECT_EQ(watch.count(EventKind::kUpdate), 8U) << "one a frame from then on";
  watch.show_often(1, 4, {});
  EXPECT_EQ(watch.count(EventKind::kEnd), 1U);
  EXPECT_EQ(watch.events.back().objects[0].track_id, 1);
  watch.finish();
  EXPECT_EQ(watch.count(EventKind::kEnd), 1U) << "and not once more";
}

TEST(Analyzer, EventsCarryTheirFrame) {
  Watch watch;
  watch.show_often(0, 0.5, {person(100, kRed), person(200, kBlue)});
  const Event& event = watch.events.back();
  EXPECT_EQ(event.frame.width, kWidth);
  EXPECT_EQ(event.frame.height, kHeight);
  EXPECT_EQ(event.frame.time, (MediaTime{0, 400'000'000}));
  EXPECT_EQ(event.frame.pts_ns, 400'000'000);
  ASSERT_EQ(event.objects.size(), 2U);
  EXPECT_LT(event.objects[0].region_id, event.objects[1].region_id);
  EXPECT_EQ(event.objects[0].detection.box, person(100, kRed).box);
}

TEST(Analyzer, TracksThatWereNeverConfirmedAreInTheResultButInNoEvent) {
  Watch watch;
  ASSERT_TRUE(watch.show(0, {person(100, kRed)}));
  ASSERT_EQ(watch.objects.size(), 1U);
  EXPECT_FALSE(watch.objects[0].confirmed);
  ASSERT_TRUE(watch.show(0.1, {}));
  watch.finish();
  EXPECT_TRUE(watch.events.empty());
}

TEST(Analyzer, WhoLeavesAndReturnsIsTheSameIdentity) {
  for (const double gap_s : {1.0, 3600.0, 86'400.0}) {
    Watch watch;
    watch.show_often(0, 4, {person(50, kRed), person(200, kBlue)});
    const std::string red = watch.uuid_at(50);
    const std::string blue = watch.uuid_at(200);
    ASSERT_NE(red, blue);
    watch.show_often(4, 4.5, {});
    const double back = 4.5 + gap_s;
    watch.show_often(back, back + 4, {person(150, kBlue), person(10, kRed)});
    EXPECT_EQ(watch.uuid_at(150), blue) << gap_s;
    EXPECT_EQ(watch.uuid_at(10), red) << gap_s;
  }
}

TEST(Analyzer, AtOneFrameASecondTracksAndIdentitiesStay) {
  Watch watch;
  for (int second = 0; second < 20; ++second) {
    const auto step = 4 * static_cast<float>(second);
    ASSERT_TRUE(watch.show(second, {person(20 + step, kRed), person(280 - step, kBlue)}));
  }
  EXPECT_EQ(watch.count(EventKind::kNew), 2U);
  EXPECT_EQ(watch.count(EventKind::kEnd), 0U);
  EXPECT_EQ(watch.objects[0].track_id, 1);
  EXPECT_EQ(watch.objects[1].track_id, 2);
}

TEST(Analyzer, TwoObjectsThatCrossKeepTheirIds) {
  Watch watch;
  std::map<Look, int64_t> before;
  for (int frame = 0; frame <= 40; ++frame) {
    const auto step = 6 * static_cast<float>(frame);
    ASSERT_TRUE(watch.show(frame / 10.0, {person(20 + step, kRed), person(270 - step, kBlue)}));
    if (frame == 5) {
      before = {{kRed, watch.objects[0].track_id}, {kBlue, watch.objects[1].track_id}};
    }
  }
  ASSERT_EQ(watch.objects.size(), 2U);
  for (const ObservedObject& object : watch.objects) {
    const Look look = object.detection.box.x > 150 ? kRed : kBlue;
    EXPECT_EQ(object.track_id, before.at(look));
  }
}

TEST(Analyzer, ANewTimelineEndsTheTracksAndSaysSo) {
  Watch watch;
  watch.show_often(100, 102, {person(100, kRed)});
  const std::string red = watch.uuid_at(100);
  watch.events.clear();
  watch.show_often(0, 2, {person(100, kRed)}, 1);
  ASSERT_GE(watch.events.size(), 2U);
  EXPECT_EQ(watch.events[0].kind, EventKind::kStreamGap);
  EXPECT_LT(watch.events[0].gap_s, 0) << "nobody knows how long it was";
  EXPECT_EQ(watch.events[0].frame.time, (MediaTime{1, 0}));
  EXPECT_EQ(watch.events[1].kind, EventKind::kEnd);
  EXPECT_EQ(watch.objects[0].track_id, 2);
  EXPECT_EQ(watch.uuid_at(100), red) << "the same person after the interruption";
}

TEST(Analyzer, DetectionsThatAreNoneAreNotLookedAt) {
  Settings settings = upstream_settings();
  settings.object_class = "person";
  Watch watch(settings);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const Box& box :
       {Box{-100, 0, 50, 50}, Box{10, 10, 0, 50}, Box{10, 10, -5, 50}, Box{400, 10, 50, 50},
        Box{kNan, 10, 50, 50}, Box{10, 10, kNan, 50}, Box{10, 10, 50, kNan},
        Box{kInfinity, 10, 50, 50}, Box{-kInfinity, 0, kInfinity, 50}}) {
    ASSERT_TRUE(watch.analyzer != nullptr);
    const std::vector<Detection> detections{{.box = box, .label = "person"}};
    const auto result = watch.analyzer->analyze(
        {.rgb = cv::Mat::zeros(kHeight, kWidth, CV_8UC3), .time = {0, 0}, .upstream = &detections});
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->objects.empty()) << box.x << "," << box.width;
  }
  Thing car = person(100, kRed);
  car.label = "car";
  Thing unsure = person(200, kBlue);
  unsure.score = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(watch.show(1, {car, unsure}));
  EXPECT_TRUE(watch.objects.empty());
}

TEST(Analyzer, AFrameThatFailsCostsNoEvent) {
  Watch watch;
  watch.show_often(0, 1, {person(100, kRed)});
  watch.events.clear();
  watch.encoder->answer({StatusCode::kExhausted, "out of memory"});
  EXPECT_FALSE(watch.show(0, {person(100, kRed)}, 1)) << "the first frame of a new timeline";
  watch.encoder->answer({});
  watch.show_often(0.1, 1, {person(100, kRed)}, 1);
  EXPECT_EQ(watch.count(EventKind::kStreamGap), 1U);
  EXPECT_EQ(watch.count(EventKind::kEnd), 1U);
  EXPECT_EQ(watch.count(EventKind::kNew), 1U);
  watch.encoder->answer({StatusCode::kExhausted, "out of memory"});
  EXPECT_FALSE(watch.show(0, {}, 2));
  watch.finish();
  EXPECT_EQ(watch.count(EventKind::kEnd), 2U);
}

TEST(Analyzer, TheSameFramesGiveTheSameEvents) {
  std::string runs[2];
  for (std::string& run : runs) {
    Watch watch;
    for (int frame = 0; frame < 100; ++frame) {
      const auto step = 2 * static_cast<float>(frame);
      std::vector<Thing> things{person(20 + step, kRed), person(280 - step, kBlue)};
      if (frame % 30 > 20) things.pop_back();
      ASSERT_TRUE(watch.show(frame / 5.0, things));
    }
    watch.finish();
    std::map<std::string, std::string> names;  // UUIDs, in the order they appear
    const auto name = [&](std::string& uuid) {
      if (!uuid.empty()) uuid = names.emplace(uuid, std::to_string(names.size())).first->second;
    };
    for (Event& event : watch.events) {
      name(event.from_uuid);
      name(event.to_uuid);
      for (ObservedObject& object : event.objects) {
        if (!object.identity) continue;
        name(object.identity->uuid);
        name(object.identity->runner_up);
      }
      run += to_json(event, {}) + "\n";
    }
  }
  EXPECT_FALSE(runs[0].empty());
  EXPECT_EQ(runs[0], runs[1]);
}

// A frame shares its temporal patch with the last one that was analysed, unless that is of another
// timeline or size, or long ago.
TEST(Analyzer, AFrameIsPairedWithItsPredecessor) {
  auto encoder = std::make_shared<test::ScriptedEncoder>();
  encoder->look_back();
  const auto analyzer = *Analyzer::create(upstream_settings(), encoder);
  const std::vector<Detection> detections = test::detections_of({person(10, kRed)});
  const struct {
    double seconds;
    uint32_t timeline;
    int width;
    bool paired;
  } frames[] = {{0, 0, 320, false},  {0.5, 0, 320, true},  {2.5, 0, 320, true},
                {4.6, 0, 320, false}, {4.7, 0, 160, false}, {4.8, 0, 160, true},
                {0.1, 1, 160, false}, {0.2, 1, 160, true}};
  uint8_t shade = 0;
  for (const auto& frame : frames) {
    const auto ns = static_cast<int64_t>(std::llround(frame.seconds * kNanosPerSecond));
    ASSERT_TRUE(analyzer
                    ->analyze({.rgb = cv::Mat(kHeight, frame.width, CV_8UC3, cv::Scalar(shade++)),
                               .time = {frame.timeline, ns},
                               .pts_ns = ns,
                               .number = shade,
                               .upstream = &detections})
                    .ok());
    const test::ScriptedEncoder::Call call = encoder->calls().back();
    EXPECT_EQ(call.paired, frame.paired) << frame.seconds;
    if (call.paired) {
      EXPECT_EQ(call.previous_pixel[0], shade - 2) << frame.seconds;
    }
  }
}

TEST(Analyzer, AModelOfSingleFramesIsNotGivenTheOneBefore) {
  auto encoder = std::make_shared<test::ScriptedEncoder>();
  const auto analyzer = *Analyzer::create(upstream_settings(), encoder);
  const std::vector<Detection> detections = test::detections_of({person(10, kRed)});
  for (int64_t frame = 0; frame < 3; ++frame) {
    const cv::Mat rgb(kHeight, kWidth, CV_8UC3);
    ASSERT_TRUE(analyzer->analyze({.rgb = rgb, .time = {0, frame}, .upstream = &detections}).ok());
    EXPECT_FALSE(encoder->calls().back().paired);
  }
}

Settings adaptive_settings() {
  Settings settings = upstream_settings();
  settings.adaptive_depth = true;
  return settings;
}

TEST(Analyzer, RunsAllOfTheModelUnlessToldOtherwise) {
  Watch watch;
  EXPECT_EQ(watch.analyzer->average_depth(), 1) << "before the first box";
  watch.show_often(0, 5, {person(50, kRed), person(200, kBlue)});
  EXPECT_EQ(watch.analyzer->average_depth(), 1);
  EXPECT_EQ(watch.encoder->full_depth_boxes(), 0U) << "nothing is asked in between";
}

TEST(Analyzer, WithAdaptiveDepthWhoIsKnownCostsTheFirstLevelOnly) {
  Watch watch(adaptive_settings());
  const std::vector<Thing> people{person(50, kRed), person(200, kBlue)};
  watch.show_often(0, 10, people);
  const size_t before = watch.encoder->full_depth_boxes();
  watch.show_often(10, 20, people);
  const size_t refreshed = watch.encoder->full_depth_boxes() - before;
  EXPECT_GE(refreshed, 8U) << "each every other second";
  EXPECT_LE(refreshed, 12U);
  // 400 boxes; those that stopped cost one block of three.
  const auto full = static_cast<double>(watch.encoder->full_depth_boxes());
  EXPECT_NEAR(watch.analyzer->average_depth(), (full + (400 - full) / 3) / 400, 1e-9);
  EXPECT_LT(watch.analyzer->average_depth(), 0.65);
}

TEST(Analyzer, WithAdaptiveDepthTheSameIsToldOfPeopleWhoComeAndGo) {
  Watch adaptive(adaptive_settings());
  Watch full;
  for (Watch* watch : {&adaptive, &full}) {
    watch->show_often(0, 4, {person(50, kRed), person(200, kBlue)});
    const std::string red = watch->uuid_at(50);
    const std::string blue = watch->uuid_at(200);
    ASSERT_NE(red, blue);
    watch->show_often(4, 8, {});
    watch->show_often(8, 12, {person(150, kBlue), person(10, kRed)});
    EXPECT_EQ(watch->uuid_at(150), blue);
    EXPECT_EQ(watch->uuid_at(10), red);
  }
  for (const EventKind kind : {EventKind::kNew, EventKind::kUpdate, EventKind::kEnd,
                               EventKind::kRename, EventKind::kMerge}) {
    EXPECT_EQ(adaptive.count(kind), full.count(kind));
  }
}

TEST(Analyzer, AFailureInADeeperGroupIsTheFramesAndTheNextOneWorks) {
  Watch watch(adaptive_settings());
  watch.show_often(0, 4, {person(50, kRed)});
  const std::string red = watch.uuid_at(50);
  const double depth = watch.analyzer->average_depth();
  watch.encoder->answer_deeper({StatusCode::kExhausted, "no memory"});
  EXPECT_FALSE(watch.show(4.1, {person(50, kRed), person(200, kBlue)})) << "blue is new";
  EXPECT_EQ(watch.analyzer->average_depth(), depth) << "nothing came of it";
  watch.encoder->answer_deeper({});
  ASSERT_TRUE(watch.show(4.2, {person(50, kRed), person(200, kBlue)}));
  EXPECT_EQ(watch.uuid_at(50), red);
}

TEST(Analyzer, WrongSettingsAreRefused) {
  Settings settings = upstream_settings();
  settings.threshold = 2;
  EXPECT_EQ(Analyzer::create(settings, std::make_shared<ColorEncoder>()).status().code(),
            StatusCode::kInvalid);
  settings = upstream_settings();
  settings.proposals = ProposalSource::kFile;
  settings.proposals_file = "/missing/det.txt";
  EXPECT_EQ(Analyzer::create(settings, std::make_shared<ColorEncoder>()).status().code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace deepstack
