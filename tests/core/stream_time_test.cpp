// Rows F10 (gaps) and F25 (the wall clock steps) of the fault list, through a whole stream. Each
// prints `fault figure limit measured`.
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/stream.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_encoder.h"

namespace deepstack {
namespace {

using nlohmann::json;
using test::ManualClock;
using test::ScriptedEncoder;
using State = EventQueue::State;
using namespace std::chrono_literals;

constexpr auto kLong = 10s;  // never passes when the code is right
constexpr double kNoon_s = 1.8e9;
constexpr int64_t kSecond = kNanosPerSecond;
constexpr int64_t kFrameNs = kSecond / 10;

class BlackLease final : public FrameLease {
 public:
  Result<FrameView> view() override {
    FrameView view{.format = PixelFormat::kRgb, .width = 64, .height = 48};
    view.planes[0] = {pixels_.data(), 64 * 3, pixels_.size()};
    return view;
  }

 private:
  std::vector<uint8_t> pixels_ = std::vector<uint8_t>(64 * 48 * 3);
};

class StreamTime : public testing::Test {
 protected:
  StreamTime() {
    Settings settings;
    settings.proposals = ProposalSource::kUpstream;
    settings.drop_policy = DropPolicy::kNever;
    auto opened = Stream::open(settings, encoder_, clock_, [](const Status&) {});
    EXPECT_TRUE(opened.ok());
    stream_ = *std::move(opened);
  }

  // One frame at this running time, with a person in it or without.
  void show(int64_t running_ns, bool person = true, const TimeOfDay& time_of_day = {}) {
    const std::optional<MediaTime> time = stream_->sample(running_ns, time_of_day);
    ASSERT_TRUE(time.has_value());
    StreamFrame frame;
    frame.time = *time;
    frame.pts_ns = running_ns;
    if (person) frame.detections = {{.box = {8, 4, 16, 40}, .score = 0.9F, .label = "person"}};
    frame.has_detections = true;
    frame.lease = std::make_unique<BlackLease>();
    ASSERT_TRUE(stream_->offer(std::move(frame)));
  }
  // Frames at 10 a second as a live source has them: the clock goes with them.
  void show_live(int64_t begin_ns, int64_t end_ns, bool person = true) {
    for (int64_t ns = begin_ns; ns < end_ns; ns += kFrameNs) {
      show(ns, person);
      clock_->move_on(0.1);
    }
  }

  json next() {
    const EventQueue::Taken taken = stream_->next(kLong);
    EXPECT_EQ(taken.state, State::kLine);
    return json::parse(taken.line.json, nullptr, false);
  }
  // All lines until the stream's end, which this brings about.
  std::vector<json> rest() {
    EXPECT_TRUE(stream_->end(kLong));
    std::vector<json> lines;
    for (auto taken = stream_->next(kLong); taken.state == State::kLine;
         taken = stream_->next(kLong)) {
      lines.push_back(json::parse(taken.line.json));
    }
    return lines;
  }

  std::shared_ptr<ScriptedEncoder> encoder_ = std::make_shared<ScriptedEncoder>();
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(kNoon_s);
  std::unique_ptr<Stream> stream_;  // last: its worker uses the above
};

using F10 = StreamTime;
using F25 = StreamTime;

int64_t running_time(const json& line) { return line["time"]["running_time"]; }

TEST_F(F10, AGapAgesTracksWithoutLookingAtAnything) {
  show_live(0, kSecond);
  encoder_->wait_for_calls(10);
  stream_->skip(4 * kSecond);
  json line = next();
  while (line["event"] != "end") line = next();
  EXPECT_EQ(running_time(line), 4 * kSecond - 1) << "no frame had to come for it";
  EXPECT_FALSE(line["time"].contains("pts"));
  std::printf("F10 frames looked at for a gap 0 %zu\n", encoder_->calls().size() - 10);
  EXPECT_EQ(encoder_->calls().size(), 10U);
  EXPECT_EQ(stream_->stats().frames_in, 10U);
  show_live(4 * kSecond, 5 * kSecond);
  EXPECT_EQ(next()["objects"][0]["id"], 2);
}

TEST_F(F10, AShortGapEndsNothingAndGapsAddUp) {
  show_live(0, kSecond);
  stream_->skip(2 * kSecond);
  show(2 * kSecond);  // last seen here
  for (int gap = 1; gap <= 4; ++gap) stream_->skip(2 * kSecond + gap * kSecond * 6 / 10);
  const std::vector<json> lines = rest();
  std::set<int64_t> ids;
  int64_t ended_ns = 0;
  for (const json& line : lines) {
    if (line.contains("objects")) ids.insert(line["objects"][0]["id"].get<int64_t>());
    if (line["event"] == "end") ended_ns = running_time(line);
  }
  EXPECT_EQ(ids, std::set<int64_t>{1}) << "a second is no reason to end it";
  EXPECT_EQ(ended_ns, 2 * kSecond + 4 * kSecond * 6 / 10 - 1) << "2.4 s are";
}

TEST_F(F10, GapsStayInOrderWithFrames) {
  encoder_->hold();
  std::thread streaming([&] {
    for (int64_t ns = 0; ns < 3 * kSecond; ns += kFrameNs) show(ns);
    for (int round = 1; round <= 5; ++round) {
      stream_->skip((3 + 4 * round) * kSecond);
      for (int64_t ns = 0; ns < kSecond; ns += kFrameNs) show((3 + 4 * round) * kSecond + ns);
    }
  });
  encoder_->wait_for_calls(1);
  encoder_->release();
  streaming.join();
  int64_t last_ns = -1;
  int ends = 0;
  for (const json& line : rest()) {
    EXPECT_GE(running_time(line), last_ns) << line;
    last_ns = running_time(line);
    if (line["event"] == "end") ++ends;
  }
  EXPECT_EQ(ends, 6) << "one a gap, and the last";
  EXPECT_EQ(encoder_->calls().size(), 80U);
}

TEST_F(F10, AGapBeforeTheFirstFrameOrAfterAFlushIsNone) {
  stream_->skip(5 * kSecond);
  show_live(0, kSecond);
  stream_->flush();
  stream_->skip(9 * kSecond);
  show_live(0, kSecond);
  const std::vector<json> lines = rest();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front()["event"], "stream_gap");
  for (const json& line : lines) EXPECT_LE(running_time(line), kSecond);
}

TEST_F(F25, AStepOfTheWallClockTouchesNoTimeoutAndIsSaid) {
  stream_->set_live(true);
  int64_t now = 0;
  const auto go_on = [&](int64_t seconds, bool person) {
    show_live(now, now + seconds * kSecond, person);
    now += seconds * kSecond;
  };
  go_on(10, true);
  clock_->set(clock_->unix_s() + 3600);
  go_on(40, true);
  clock_->set(clock_->unix_s() - 3600);
  go_on(40, true);
  go_on(3, false);
  const std::vector<json> lines = rest();

  int64_t first_end_ns = 0, uncertain_ns = 0;
  int false_alarms = 0;
  std::set<int64_t> ids;
  for (const json& line : lines) {
    ASSERT_EQ(line["time"]["source"], "arrival");
    const int64_t ns = running_time(line);
    if (line["event"] == "end") first_end_ns = first_end_ns == 0 ? ns : first_end_ns;
    if (line["event"] != "update") continue;
    ids.insert(line["objects"][0]["id"].get<int64_t>());
    const int64_t since_step = ns < 50 * kSecond ? ns - 10 * kSecond : ns - 50 * kSecond;
    // Believed with the third frame, and certain half a minute after that.
    const bool stepping = since_step >= 0 && since_step < 30 * kSecond + 2 * kFrameNs;
    const bool uncertain = line["time"]["utc_uncertain"];
    uncertain_ns += uncertain ? kFrameNs : 0;
    false_alarms += uncertain != stepping ? 1 : 0;
  }
  std::printf("F25 tracks of one person over steps of +-1 h 1 %zu\n", ids.size());
  std::printf("F25 s until an unseen track ends 2.0..2.2 %.1f\n",
              to_seconds(first_end_ns - 90 * kSecond + kFrameNs));
  std::printf("F25 s said to be uncertain 60.4 %.1f\n", to_seconds(uncertain_ns));
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(false_alarms, 0) << "uncertain without a step, or certain in one";
  EXPECT_GE(first_end_ns, 91'900'000'000);
  EXPECT_LE(first_end_ns, 92'100'000'000);
  EXPECT_EQ(lines.back()["time"]["utc"].get<std::string>().substr(0, 17), "2027-01-15T08:01:")
      << "where the clock is again";
}

TEST_F(F25, AStepOfThisMachinesClockLeavesTheSendersTimeButNobodyKnowsWhichIsWrong) {
  stream_->set_live(true);
  const auto noon_ns = static_cast<int64_t>(kNoon_s) * kSecond;
  for (int64_t ns = 0; ns < 20 * kSecond; ns += kFrameNs) {
    if (ns == 10 * kSecond) clock_->set(clock_->unix_s() + 3600);
    show(ns, true, {UtcReference{UtcSource::kNtp, noon_ns + ns}, 0});
    clock_->move_on(0.1);
  }
  for (const json& line : rest()) {
    if (line["event"] != "update") continue;
    const json& time = line["time"];
    EXPECT_EQ(time["source"], "ntp");
    EXPECT_EQ(time["utc"], to_rfc3339(noon_ns + running_time(line)));
    // The third frame of the new time is believed.
    const int64_t since_ns = running_time(line) - 10 * kSecond - 2 * kFrameNs;
    if (since_ns < -2 * kFrameNs || since_ns >= 0) {
      EXPECT_EQ(time["utc_uncertain"], since_ns >= 0) << time;
    }
  }
}

TEST_F(F25, WhatAFrameWaitedBeforeItCameHereIsTakenOff) {
  stream_->set_live(true);
  for (int64_t ns = 0; ns < kSecond; ns += kFrameNs) {
    show(ns, true, {{}, 250'000'000});
    clock_->move_on(0.1);
  }
  const std::vector<json> lines = rest();
  EXPECT_EQ(lines[1]["time"]["utc"].get<std::string>().substr(0, 23), "2027-01-15T07:59:59.950");
}

}  // namespace
}  // namespace deepstack
