// Rows F9, F10 and F25 of the fault list at the element: what becomes of time stamps, gaps and the
// time of day in its events. Each prints `fault figure limit measured`.
#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <set>

#include "core/time/media_time.h"
#include "core/time/utc_time.h"
#include "tests/support/element_harness.h"

namespace deepstack::test {
namespace {

using nlohmann::json;
using Source = ElementHarness::Source;

constexpr GstClockTime kNtpNoon = (1'800'000'000 + 2'208'988'800) * GST_SECOND;
constexpr GstClockTime kBegin = 40'000 * GST_SECOND;

// Pushes frames with a person in them, at any time, and gathers what came out in the end.
class Scene {
 public:
  explicit Scene(Source source) : harness_(source), live_(source == Source::kLive) {}

  void show(GstClockTime pts, std::optional<GstClockTime> ntp = {}) {
    GstBuffer* frame = harness_.person_frame(0);
    GST_BUFFER_PTS(frame) = pts;
    if (ntp) {
      const GstRef<GstCaps> caps(gst_caps_new_empty_simple("timestamp/x-ntp"));
      gst_buffer_add_reference_timestamp_meta(frame, caps.get(), *ntp, GST_CLOCK_TIME_NONE);
    }
    ASSERT_EQ(gst_harness_push(harness_.video, frame), GST_FLOW_OK);
    const GstRef<GstBuffer> out(gst_harness_try_pull(harness_.video));
    ASSERT_NE(out, nullptr);
    EXPECT_EQ(GST_BUFFER_PTS(out.get()), pts) << "the video keeps its time";
    // Else the next one takes its place.
    if (live_) harness_.encoder->wait_for_calls(++frames_);
  }
  void show_rest(GstClockTime begin, int count) {
    for (int frame = 0; frame < count; ++frame) show(begin + frame * kFrameDistance);
  }
  void gap(GstClockTime begin, GstClockTime duration) {
    EXPECT_TRUE(gst_harness_push_event(harness_.video, gst_event_new_gap(begin, duration)));
  }

  std::vector<json> end() {
    EXPECT_TRUE(harness_.push_eos());
    EXPECT_NE(ElementHarness::wait_for_event(harness_.events, GST_EVENT_EOS), nullptr);
    return harness_.lines();
  }

  ElementHarness& harness() { return harness_; }

 private:
  ElementHarness harness_;
  const bool live_;
  size_t frames_ = 0;
};

// What the updates of one person say.
struct Told {
  int not_rising = 0;
  int negative = 0;
  std::set<int64_t> timelines;
  std::set<int64_t> tracks;
  std::set<std::string> identities;
};

Told told_by(const std::vector<json>& lines) {
  Told told;
  int64_t timeline = -1, last_ns = -1;
  for (const json& line : lines) {
    if (line["event"] != "update") continue;
    const int64_t ns = line["time"]["running_time"];
    told.negative += ns < 0 ? 1 : 0;
    told.not_rising += line["time"]["timeline"] == timeline && ns <= last_ns ? 1 : 0;
    timeline = line["time"]["timeline"];
    last_ns = ns;
    told.timelines.insert(timeline);
    const json& object = line["objects"][0];
    told.tracks.insert(object["id"].get<int64_t>());
    if (object.contains("identity")) told.identities.insert(object["identity"]["id"]);
  }
  return told;
}

TEST(F9, TimeStampsThatJumpNeitherTurnTimeBackNorLoseAnybody) {
  constexpr GstClockTime kBack = 37'600 * GST_SECOND;
  const GstClockTime next = kBegin + 100 * kFrameDistance;
  struct {
    const char* name;
    std::vector<GstClockTime> odd;
    GstClockTime after;  // where the stream goes on
    size_t timelines, tracks;
  } const cases[] = {
      {"+5 s", {}, next + 5 * GST_SECOND, 1, 2},
      {"-37600 s once", {next - kBack}, next + kFrameDistance, 1, 1},
      {"-37600 s x3",
       {next - kBack, next - kBack + kFrameDistance, next - kBack + 2 * kFrameDistance},
       next - kBack + 3 * kFrameDistance,
       2,
       2},
      {"+37600 s once", {next + kBack}, next + kFrameDistance, 1, 1},
      {"equal", {next, next, next}, next + kFrameDistance, 1, 1},
      {"NONE", {GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE}, next + 2 * kFrameDistance, 1, 1},
      {"2^63 once", {GstClockTime{1} << 63}, next + kFrameDistance, 1, 1},
  };
  for (const auto& known : cases) {
    SCOPED_TRACE(known.name);
    Scene scene(Source::kFile);
    scene.show_rest(kBegin, 100);
    for (const GstClockTime pts : known.odd) scene.show(pts);
    scene.show_rest(known.after, 100);
    const Told told = told_by(scene.end());
    std::printf(
        "F9 element, %s: timelines %zu %zu, identities 1 %zu, times that do not rise 0 %d\n",
        known.name, known.timelines, told.timelines.size(), told.identities.size(),
        told.not_rising);
    EXPECT_EQ(told.not_rising + told.negative, 0);
    EXPECT_EQ(told.timelines.size(), known.timelines);
    EXPECT_EQ(told.tracks.size(), known.tracks);
    EXPECT_EQ(told.identities.size(), 1U) << "identities are kept";
    EXPECT_EQ(scene.harness().stat("frames-analysed"), 200 + known.odd.size());
  }
}

TEST(F10, AGapIsForwardedInOrderAndAgesTracksWithoutInference) {
  Scene scene(Source::kFile);
  scene.show_rest(0, 50);  // two seconds
  scene.gap(2 * GST_SECOND, GST_SECOND);
  scene.show_rest(3 * GST_SECOND, 25);
  scene.gap(4 * GST_SECOND, 3 * GST_SECOND);
  scene.show_rest(7 * GST_SECOND, 25);
  GstHarness* video = scene.harness().video;
  std::vector<GstClockTime> gaps;
  while (GstEvent* event = gst_harness_try_pull_event(video)) {
    const Owned<GstEvent> owned(event);
    if (GST_EVENT_TYPE(event) != GST_EVENT_GAP) continue;
    GstClockTime begin = 0;
    gst_event_parse_gap(event, &begin, nullptr);
    gaps.push_back(begin);
  }
  EXPECT_EQ(gaps, (std::vector<GstClockTime>{2 * GST_SECOND, 4 * GST_SECOND}));
  const std::vector<json> lines = scene.end();
  std::vector<int64_t> ends;
  for (const json& line : lines) {
    if (line["event"] == "end") ends.push_back(line["time"]["running_time"]);
  }
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0], 7 * kNanosPerSecond - 1) << "the second gap is longer than track-max-age";
  EXPECT_EQ(told_by(lines).identities.size(), 1U);
  std::printf("F10 frames looked at 100 %zu\n", scene.harness().encoder->calls().size());
  EXPECT_EQ(scene.harness().encoder->calls().size(), 100U);
}

TEST(F10, GapsThatAreNoneDoNoHarm) {
  Scene scene(Source::kFile);
  scene.gap(0, GST_SECOND);
  scene.show_rest(GST_SECOND, 10);
  for (const GstClockTime begin :
       {GstClockTime{0}, GstClockTime{1} << 62, GST_CLOCK_TIME_NONE - 1}) {
    scene.gap(begin, GST_CLOCK_TIME_NONE);
    scene.gap(begin, GstClockTime{1} << 62);
  }
  scene.show_rest(GST_SECOND + 10 * kFrameDistance, 10);
  const Told told = told_by(scene.end());
  EXPECT_EQ(told.tracks.size(), 1U);
  EXPECT_EQ(told.not_rising, 0);
}

// As GStreamer 1.22 does it: nothing before the first report, then nothing on every tenth frame.
TEST(ElementTime, TheSendersTimeIsInEveryEventAlsoOfKeyFramesThatLostIt) {
  Scene scene(Source::kFile);
  for (int frame = 0; frame < 100; ++frame) {
    const GstClockTime pts = static_cast<GstClockTime>(frame) * kFrameDistance;
    const bool reported = frame >= 20 && frame % 10 != 0;
    scene.show(pts, reported ? std::optional(kNtpNoon + pts) : std::nullopt);
  }
  int without = 0;
  for (const json& line : scene.end()) {
    const json& time = line["time"];
    const int64_t ns = time["running_time"];
    if (ns < 21 * static_cast<int64_t>(kFrameDistance)) {
      EXPECT_EQ(time["source"], "file");
      EXPECT_FALSE(time.contains("utc"));
      continue;
    }
    without += time["source"] != "ntp" ? 1 : 0;
    EXPECT_EQ(time["utc"], to_rfc3339(1'800'000'000 * kNanosPerSecond + ns));
    EXPECT_LT(time["utc_error_ms"], 21);
    EXPECT_EQ(time["utc_uncertain"], false);
  }
  std::printf("time events without the sender's time after the first report 0 %d\n", without);
  EXPECT_EQ(without, 0);
}

TEST(ElementTime, OfALiveSourceItIsThisMachinesClock) {
  Scene scene(Source::kLive);
  const int64_t before_us = g_get_real_time();
  scene.show_rest(0, 10);
  const int64_t after_us = g_get_real_time();
  const std::vector<json> lines = scene.end();
  ASSERT_GT(lines.size(), 2U);
  for (const json& line : lines) {
    EXPECT_EQ(line["time"]["source"], "arrival");
    const std::string utc = line["time"]["utc"];
    // The frames came faster than their time stamps say.
    EXPECT_GE(utc, to_rfc3339((before_us - 1'000'000) * 1000));
    EXPECT_LE(utc, to_rfc3339((after_us + 1'000'000) * 1000));
    EXPECT_GE(line["time"]["utc_error_ms"], 1000);
  }
}

TEST(F25, ASenderWhoseClockIsAnHourOffIsToldFromARightOne) {
  for (const int64_t off_s : {0, 3600, -3600}) {
    Scene scene(Source::kLive);
    for (int frame = 0; frame < 10; ++frame) {
      const int64_t unix_ns = g_get_real_time() * 1000 + off_s * kNanosPerSecond;
      scene.show(static_cast<GstClockTime>(frame) * kFrameDistance,
                 static_cast<GstClockTime>(unix_ns) + 2'208'988'800 * GST_SECOND);
    }
    const std::vector<json> lines = scene.end();
    EXPECT_GT(lines.size(), 2U);
    for (const json& line : lines) {
      EXPECT_EQ(line["time"]["source"], "ntp");
      EXPECT_EQ(line["time"]["utc_uncertain"], off_s != 0) << off_s;
    }
  }
}

}  // namespace
}  // namespace deepstack::test
