#include "core/stream.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/scripted_encoder.h"

namespace deepstack {
namespace {

using nlohmann::json;
using test::ScriptedEncoder;
using State = EventQueue::State;
using namespace std::chrono_literals;

constexpr auto kLong = 60s;  // never passes when the code is right
constexpr int64_t kFrameNs = 100'000'000;
constexpr int kIdentified = 34;  // frames until a person has an identity

// A small frame of one colour that tells when it was given back.
class TestLease final : public FrameLease {
 public:
  TestLease(uint8_t value, Status status, std::shared_ptr<int> token)
      : pixels_(64 * 48 * 3, value), status_(std::move(status)), token_(std::move(token)) {}

  Result<FrameView> view() override {
    if (!status_.ok()) return status_;
    FrameView view{.format = PixelFormat::kRgb, .width = 64, .height = 48};
    view.planes[0] = {pixels_.data(), 64 * 3, pixels_.size()};
    return view;
  }

 private:
  std::vector<uint8_t> pixels_;
  Status status_;
  std::shared_ptr<int> token_;
};

class StreamScene : public testing::Test {
 protected:
  StreamScene() {
    settings_.proposals = ProposalSource::kUpstream;
    settings_.source = "test";
  }

  void open() {
    auto opened = Stream::open(settings_, encoder_, std::make_shared<SteadyClock>(),
                               [this](const Status& status) {
                                 const std::lock_guard lock(mutex_);
                                 warnings_.push_back(status);
                               },
                               [this](int64_t pts_ns, const FrameTiming& timing) {
                                 const std::lock_guard lock(mutex_);
                                 timings_.emplace_back(pts_ns, timing);
                               });
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    stream_ = *std::move(opened);
  }

  // Offers the next frame, all of this value, with a person standing in it.
  bool offer(uint8_t value, Status mapping = {}) {
    const std::optional<MediaTime> time = stream_->sample(frames_++ * kFrameNs);
    EXPECT_TRUE(time.has_value());
    StreamFrame frame;
    frame.time = *time;
    frame.pts_ns = time->ns;
    frame.detections = {{.box = {8, 4, 16, 40}, .score = 0.9F, .label = "person"}};
    frame.has_detections = true;
    frame.lease = std::make_unique<TestLease>(value, std::move(mapping), lease_token_);
    return stream_->offer(std::move(frame));
  }

  // Shows the person until the stream has told of it: three frames, then `new` and `update`.
  void settle() {
    for (uint8_t value = 1; value <= 3; ++value) ASSERT_TRUE(offer(value));
    EXPECT_EQ(next()["event"], "new");
    EXPECT_EQ(next()["event"], "update");
  }

  // Goes on for three seconds more: as long as it takes to decide who somebody is of whom little can be
  // seen.
  void identify() {
    for (uint8_t value = 4; value <= kIdentified; ++value) {
      ASSERT_TRUE(offer(value));
      EXPECT_EQ(next()["event"], "update");
    }
  }

  json next() {
    const EventQueue::Taken taken = stream_->next(kLong);
    EXPECT_EQ(taken.state, State::kLine);
    return json::parse(taken.line.json, nullptr, false);
  }

  // The kinds of the lines until the stream is finished.
  std::vector<std::string> rest() {
    std::vector<std::string> kinds;
    for (;;) {
      const EventQueue::Taken taken = stream_->next(kLong);
      if (taken.state != State::kLine) {
        EXPECT_EQ(taken.state, State::kFinished);
        return kinds;
      }
      kinds.push_back(json::parse(taken.line.json)["event"]);
    }
  }

  std::vector<int> values_seen() const {
    std::vector<int> values;
    for (const auto& call : encoder_->calls()) values.push_back(call.first_pixel[0]);
    return values;
  }

  Settings settings_;
  std::shared_ptr<ScriptedEncoder> encoder_ = std::make_shared<ScriptedEncoder>();
  std::mutex mutex_;
  std::vector<Status> warnings_;
  std::vector<std::pair<int64_t, FrameTiming>> timings_;  // guarded by mutex_
  std::shared_ptr<int> lease_token_ = std::make_shared<int>();  // each lease holds one
  int64_t frames_ = 0;
  std::unique_ptr<Stream> stream_;  // last: its worker uses the above
};

using Kinds = std::vector<std::string>;

TEST_F(StreamScene, SaysWhereTheTimeWentAndCountsForTheProcess) {
  open();
  settle();
  ASSERT_TRUE(stream_->end(kLong));
  const StreamStats stats = stream_->stats();
  EXPECT_EQ(stats.infer.count(), 3U);
  EXPECT_EQ(stats.match.count(), 3U);
  EXPECT_EQ(stats.events, 4U) << "new, update, end, stats";
  EXPECT_EQ(stats.events_queued, 2U);
  EXPECT_GE(stats.last_frame_age_ns, 0);
  {
    const std::lock_guard lock(mutex_);
    ASSERT_EQ(timings_.size(), 3U);
    EXPECT_EQ(timings_[1].first, kFrameNs);
    for (const auto& [pts_ns, timing] : timings_) {
      EXPECT_GE(timing.queue_ms, 0);
      EXPECT_GT(timing.pre_ms, 0);
      EXPECT_GE(timing.infer_ms, 0);
      EXPECT_GT(timing.post_ms, 0);
    }
  }
  MetricsPage page;
  MetricsRegistry::process().collect(page);
  EXPECT_NE(page.text().find("deepstack_infer_seconds_count{camera=\"test\"} 3\n"),
            std::string::npos);
  stream_.reset();
  MetricsPage later;
  MetricsRegistry::process().collect(later);
  EXPECT_EQ(later.text(), "");
}

TEST_F(StreamScene, FramesBecomeLines) {
  open();
  settle();
  identify();
  EXPECT_TRUE(stream_->end(kLong));
  EXPECT_EQ(rest(), (Kinds{"end", "stats"}));
  const StreamStats stats = stream_->stats();
  EXPECT_EQ(stats.frames_in, kIdentified);
  EXPECT_EQ(stats.frames_sampled, kIdentified);
  EXPECT_EQ(stats.frames_analysed, kIdentified);
  EXPECT_EQ(stats.frames_dropped + stats.frames_failed + stats.events_dropped, 0U);
  EXPECT_EQ(stats.gallery.identities, 1U);
  EXPECT_EQ(stats.average_depth, 1) << "all of the model";
  EXPECT_GT(stats.gallery.bytes, 0U);
}

TEST_F(StreamScene, TheNewestFrameWinsWhenLiveAndTheOthersAreCounted) {
  open();
  stream_->set_live(true);
  encoder_->hold();
  ASSERT_TRUE(offer(1));
  encoder_->wait_for_calls(1);
  for (uint8_t value = 2; value <= 10; ++value) ASSERT_TRUE(offer(value)) << "and never waits";
  EXPECT_EQ(stream_->stats().frames_dropped, 8U);
  encoder_->release();
  EXPECT_TRUE(stream_->end(kLong));
  EXPECT_EQ(values_seen(), (std::vector<int>{1, 10}));
}

TEST_F(StreamScene, NothingOfAFileIsDropped) {
  open();
  encoder_->hold();
  std::thread streaming([&] {
    for (uint8_t value = 1; value <= 50; ++value) EXPECT_TRUE(offer(value));
  });
  encoder_->wait_for_calls(1);
  encoder_->release();
  streaming.join();
  EXPECT_TRUE(stream_->end(kLong));
  ASSERT_EQ(values_seen().size(), 50U);
  EXPECT_EQ(values_seen().back(), 50);
  EXPECT_EQ(stream_->stats().frames_dropped, 0U);
  EXPECT_EQ(rest().size(), 51U) << "new, 48 updates, end, stats";
}

TEST_F(StreamScene, ThePolicyWinsOverTheSource) {
  settings_.drop_policy = DropPolicy::kOldest;
  open();
  encoder_->hold();
  ASSERT_TRUE(offer(1));
  encoder_->wait_for_calls(1);
  ASSERT_TRUE(offer(2));
  ASSERT_TRUE(offer(3));
  EXPECT_EQ(stream_->stats().frames_dropped, 1U);
  encoder_->release();
}

TEST_F(StreamScene, ABufferIsGivenBackBeforeTheModelRuns) {
  open();
  encoder_->hold();
  ASSERT_TRUE(offer(1));
  encoder_->wait_for_calls(1);
  EXPECT_EQ(lease_token_.use_count(), 1) << "only the test holds it";
  encoder_->release();
}

TEST_F(StreamScene, FlushDiscardsWhatIsUnderWay) {
  open();
  settle();
  encoder_->hold();
  ASSERT_TRUE(offer(4));
  encoder_->wait_for_calls(4);
  ASSERT_TRUE(offer(5));
  stream_->flush();
  EXPECT_EQ(stream_->stats().frames_dropped, 2U) << "frame 4 in the model, 5 in the mailbox";
  stream_->flush();
  EXPECT_EQ(stream_->stats().frames_dropped, 2U) << "and they are dropped once";
  EXPECT_EQ(stream_->next(0ms).state, State::kTimeout);
  encoder_->release();
  ASSERT_TRUE(offer(6));
  const json line = next();
  EXPECT_EQ(line["event"], "stream_gap") << "and not the update of frame 4";
  EXPECT_EQ(line["time"]["timeline"], 1);
  EXPECT_EQ(next()["event"], "end");
  EXPECT_TRUE(stream_->end(kLong));
  EXPECT_EQ(stream_->stats().frames_analysed, 4U) << "nor is frame 4 counted as analysed";
  EXPECT_EQ(values_seen(), (std::vector<int>{1, 2, 3, 4, 6}));
}

TEST_F(StreamScene, FlushDiscardsTheLinesToo) {
  open();
  for (uint8_t value = 1; value <= 20; ++value) ASSERT_TRUE(offer(value));
  encoder_->wait_for_calls(20);
  stream_->flush();
  ASSERT_TRUE(offer(21));
  EXPECT_EQ(next()["event"], "stream_gap");
}

TEST_F(StreamScene, AStreamGoesOnAfterEndAndFlush) {
  open();
  settle();
  EXPECT_TRUE(stream_->end(kLong));
  EXPECT_FALSE(offer(4)) << "it is ended";
  EXPECT_EQ(rest(), (Kinds{"end", "stats"}));
  stream_->flush();
  EXPECT_TRUE(offer(5));
  EXPECT_TRUE(stream_->end(kLong));
  EXPECT_EQ(rest(), (Kinds{"stream_gap", "stats"}));
}

TEST_F(StreamScene, EndDrainsTheLastFrame) {
  open();
  settle();
  encoder_->hold();
  ASSERT_TRUE(offer(4));
  encoder_->wait_for_calls(4);
  ASSERT_TRUE(offer(5));
  auto ended = std::async(std::launch::async, [&] { return stream_->end(kLong); });
  encoder_->release();
  EXPECT_TRUE(ended.get());
  EXPECT_EQ(rest(), (Kinds{"update", "update", "end", "stats"}));
}

TEST_F(StreamScene, TheStatsLineHasTheCounters) {
  open();
  settle();
  identify();
  stream_->end(kLong);
  EXPECT_EQ(next()["event"], "end");
  const json stats = next()["stats"];
  EXPECT_EQ(stats["frames_in"], kIdentified);
  EXPECT_EQ(stats["frames_analysed"], kIdentified);
  EXPECT_EQ(stats["identities"], 1);
}

TEST_F(StreamScene, CancelReleasesAWaitingOffer) {
  open();
  encoder_->hold();
  ASSERT_TRUE(offer(1));
  encoder_->wait_for_calls(1);
  ASSERT_TRUE(offer(2));
  auto third = std::async(std::launch::async, [&] { return offer(3); });
  stream_->cancel();
  EXPECT_FALSE(third.get());
  EXPECT_FALSE(offer(4)) << "and goes on doing so";
  EXPECT_FALSE(stream_->end(kLong)) << "nor does end() wait";
  encoder_->release();
}

TEST_F(StreamScene, CancelReleasesAWaitingNextUntilResume) {
  open();
  auto state = std::async(std::launch::async, [&] { return stream_->next(kLong).state; });
  stream_->cancel();
  EXPECT_EQ(state.get(), State::kCancelled);
  EXPECT_EQ(stream_->next(kLong).state, State::kCancelled);
  stream_->resume();
  EXPECT_EQ(stream_->next(0ms).state, State::kTimeout);
  settle();
}

TEST_F(StreamScene, AFrameThatFailsIsAWarningAndTheNextWorks) {
  open();
  ASSERT_TRUE(offer(1, invalid("cannot be mapped")));
  encoder_->answer({StatusCode::kExhausted, "out of GPU memory"});
  ASSERT_TRUE(offer(2));
  encoder_->wait_for_calls(1);
  // The next offer waits until frame 2 has left the mailbox; its failure is told before frame 3
  // runs.
  ASSERT_TRUE(offer(3));
  encoder_->wait_for_calls(2);
  encoder_->answer({});
  for (uint8_t value = 4; value <= 7; ++value) ASSERT_TRUE(offer(value));
  EXPECT_EQ(next()["event"], "new");
  EXPECT_TRUE(stream_->end(kLong));
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[0].message(), "cannot be mapped");
  EXPECT_EQ(warnings_[1].code(), StatusCode::kExhausted);
  EXPECT_GE(stream_->stats().frames_failed, 2U);
  EXPECT_EQ(lease_token_.use_count(), 1) << "frames that failed are given back too";
}

TEST_F(StreamScene, ARowOfFailuresIsOneWarning) {
  open();
  const auto offer_five = [&](const Status& answer) {
    encoder_->answer(answer);
    for (uint8_t value = 1; value <= 5; ++value) ASSERT_TRUE(offer(value));
    // The answer to the last of them is taken by then.
    encoder_->wait_for_calls(static_cast<size_t>(frames_));
  };
  const Status exhausted{StatusCode::kExhausted, "out of GPU memory"};
  offer_five(exhausted);
  offer_five({});
  offer_five(exhausted);
  EXPECT_TRUE(stream_->end(kLong));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(warnings_.size(), 2U) << "and a second one after frames that went well";
}

TEST_F(StreamScene, F12_AStreamThatIsGivenUpSaysWhatItDropped) {
  open();
  settle();
  encoder_->hold();
  ASSERT_TRUE(offer(4));
  encoder_->wait_for_calls(4);
  ASSERT_TRUE(offer(5));
  EXPECT_FALSE(stream_->end(1ms));
  stream_->give_up();
  const json last = next();
  EXPECT_EQ(last["event"], "stats");
  EXPECT_EQ(last["stats"]["frames_dropped"], 2);
  EXPECT_EQ(stream_->next(kLong).state, State::kFinished);
  EXPECT_FALSE(offer(6));
  encoder_->release();
  stream_->flush();
  ASSERT_TRUE(offer(7));
  EXPECT_EQ(next()["event"], "stream_gap") << "and not the update of frame 4";
}

TEST_F(StreamScene, F13_AClosedStreamLeavesAModelThatHangs) {
  open();
  encoder_->hold();
  encoder_->answer({StatusCode::kInternal, "nobody wants to know"});
  ASSERT_TRUE(offer(1));
  encoder_->wait_for_calls(1);
  stream_.reset();
  EXPECT_EQ(lease_token_.use_count(), 1) << "no frame is kept";
  encoder_->release();
}

TEST_F(StreamScene, F7_AChangeOfTheVideoIsToldWithTheFirstFrameThatIsDifferent) {
  open();
  VideoFormat video{"NV12", 64, 48, 25, 1};
  stream_->set_video(video);
  settle();
  stream_->set_video(video);
  ASSERT_TRUE(offer(4));
  EXPECT_EQ(next()["event"], "update") << "the same again is no change";
  video.rate_numerator = 50;
  stream_->set_video(video);
  ASSERT_TRUE(offer(5));
  const json changed = next();
  EXPECT_EQ(changed["event"], "stream.changed");
  EXPECT_EQ(changed["video"]["framerate"], "50/1");
  EXPECT_EQ(changed["timestamp"], 4 * kFrameNs);
  EXPECT_EQ(next()["event"], "update");
}

TEST_F(StreamScene, ResultsAreThereForThoseWhoAttachThem) {
  settings_.attach_meta = AttachMeta::kExact;
  open();
  EXPECT_EQ(stream_->latest(), nullptr);
  std::shared_ptr<const FrameResult> result;
  for (uint8_t value = 1; value <= 3; ++value) {
    ASSERT_TRUE(offer(value));
    result = stream_->result_of({0, (value - 1) * kFrameNs});
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(result->objects.size(), value == 3 ? 1U : 0U) << "confirmed tracks only";
  }
  EXPECT_EQ(result->objects[0].track_id, 1);
  EXPECT_EQ(result->width, 64);
  EXPECT_EQ(stream_->latest(), result);
  stream_->flush();
  EXPECT_EQ(stream_->latest(), nullptr) << "of before the flush";
  EXPECT_EQ(stream_->result_of({0, 2 * kFrameNs}), nullptr);
}

TEST_F(StreamScene, AClosedStreamWaitsForTheFrameItIsAt) {
  open();
  encoder_->hold();
  ASSERT_TRUE(offer(1));
  encoder_->wait_for_calls(1);
  ASSERT_TRUE(offer(2));
  std::thread releasing([&] { encoder_->release(); });
  stream_.reset();
  const size_t calls = encoder_->calls().size();
  releasing.join();
  EXPECT_EQ(lease_token_.use_count(), 1) << "no frame is kept";
  EXPECT_EQ(encoder_->calls().size(), calls) << "and none is looked at any more";
}

TEST_F(StreamScene, AStreamNobodyUsedCloses) {
  open();
  stream_.reset();
}

TEST_F(StreamScene, AnInferenceIntervalSamplesBeforeAnythingIsCopied) {
  settings_.inference_interval = 4;
  open();
  int taken = 0;
  for (int frame = 0; frame < 12; ++frame) taken += stream_->sample(frame * kFrameNs) ? 1 : 0;
  EXPECT_EQ(taken, 3);
  EXPECT_EQ(stream_->stats().frames_in, 12U);
  EXPECT_EQ(stream_->stats().frames_sampled, 3U);
}

TEST_F(StreamScene, SourceAndLivenessStandInEveryLine) {
  open();
  settle();
  stream_->set_live(true);
  ASSERT_TRUE(offer(4));
  const json line = next();
  EXPECT_EQ(line["source"], "test");
  EXPECT_EQ(line["time"]["source"], "arrival");
  EXPECT_GE(line["time"]["age_ms"], 0);
}

TEST_F(StreamScene, WrongSettingsOpenNoStream) {
  settings_.batch_size = 0;
  EXPECT_FALSE(Stream::open(settings_, encoder_, std::make_shared<SteadyClock>(), {}).ok());
}

}  // namespace
}  // namespace deepstack
