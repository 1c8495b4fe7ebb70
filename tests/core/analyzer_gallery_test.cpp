// Galleries that outlive a stream or are shared by two, seen through the whole analysis.
#include <gtest/gtest.h>

#include "core/analyzer.h"
#include "tests/support/manual_clock.h"
#include "tests/support/scripted_features.h"
#include "tests/support/temp_folder.h"

namespace deepstack {
namespace {

using test::Look;
using test::Thing;

constexpr double kNoon_s = 1.8e9;
constexpr Look kRed = 0xC02020;
constexpr Look kBlue = 0x2020C0;

class Galleries : public testing::Test {
 protected:
  Galleries() {
    settings_.proposals = ProposalSource::kUpstream;
    settings_.gallery_location = (folder_.path() / "store").string();
  }

  std::unique_ptr<Analyzer> open(const Settings& settings) const {
    auto created = Analyzer::create(settings, encoder_, clock_);
    EXPECT_TRUE(created.ok()) << created.status().message();
    return *std::move(created);
  }
  std::unique_ptr<Analyzer> open() const { return open(settings_); }

  // Somebody of this look in view for three and a half seconds of the stream; who it was in the end.
  // utc: of the first frame.
  IdentityEvidence show(Analyzer& analyzer, Look look, double begin_s = 0, uint32_t timeline = 0,
                        UtcTime utc = {}) {
    const Thing thing{{100, 40, 30, 80}, look};
    const std::vector<Detection> detections = test::detections_of({thing});
    IdentityEvidence last;
    for (int frame = 0; frame < 35; ++frame) {
      const auto ns = static_cast<int64_t>((begin_s + 0.1 * frame) * 1e9);
      const auto result = analyzer.analyze({.rgb = test::paint({thing}, 320, 180),
                                            .time = {timeline, ns},
                                            .utc = utc,
                                            .pts_ns = ns,
                                            .number = ++frames_,
                                            .upstream = &detections});
      EXPECT_TRUE(result.ok());
      utc.unix_ns += utc.known() ? 100'000'000 : 0;
      if (!result->objects.empty() && result->objects[0].identity) {
        last = *result->objects[0].identity;
      }
    }
    return last;
  }

  test::TempFolder folder_;
  Settings settings_;
  std::shared_ptr<test::ColorEncoder> encoder_ = std::make_shared<test::ColorEncoder>();
  std::shared_ptr<test::ManualClock> clock_ = std::make_shared<test::ManualClock>(kNoon_s);
  int64_t frames_ = 0;
};

TEST_F(Galleries, WhoWasHereBeforeTheRestartIsTheSameAgain) {
  const IdentityEvidence red = show(*open(), kRed);
  ASSERT_FALSE(red.uuid.empty());
  clock_->move_on(3600);
  auto analyzer = open();
  const IdentityEvidence again = show(*analyzer, kRed, 500);
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_EQ(again.number, red.number);
  EXPECT_NEAR(again.gap_s, 3598, 2) << "by the clock, whatever the stream's own time";
  const IdentityEvidence blue = show(*analyzer, kBlue, 600);
  EXPECT_NE(blue.uuid, red.uuid);
  EXPECT_EQ(blue.number, 2);
}

TEST_F(Galleries, AClockThatWasPutBackMakesNoGapNegative) {
  const IdentityEvidence red = show(*open(), kRed);
  clock_->set(kNoon_s - 1e6);
  const IdentityEvidence again = show(*open(), kRed);
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_GE(again.gap_s, 0);
  EXPECT_LT(again.gap_s, 2);
}

TEST_F(Galleries, WhoWalksFromOneCameraToAnotherKeepsTheIdentity) {
  settings_.gallery_id = "house";
  const auto door = open();
  const auto yard = open();
  const IdentityEvidence red = show(*door, kRed, 7);
  clock_->move_on(60);
  const IdentityEvidence again = show(*yard, kRed, 1000);
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_NEAR(again.gap_s, 58, 2);
  EXPECT_EQ(door->gallery().stats().identities, 1U);
}

TEST_F(Galleries, ReadingKnowsPeopleAgainAndAddsNobody) {
  const IdentityEvidence red = show(*open(), kRed);
  Settings reading = settings_;
  reading.gallery_mode = GalleryMode::kRead;
  auto analyzer = open(reading);
  EXPECT_EQ(show(*analyzer, kRed).uuid, red.uuid);
  EXPECT_EQ(show(*analyzer, kBlue, 60).uuid, "");
  EXPECT_EQ(analyzer->gallery().stats().identities, 1U);
}

TEST_F(Galleries, HowLongACameraWasGoneIsKnownByTheClock) {
  const auto analyzer = open();
  const IdentityEvidence red = show(*analyzer, kRed);
  clock_->move_on(7200);
  const IdentityEvidence again = show(*analyzer, kRed, 0, 1);
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_NEAR(again.gap_s, 7198, 2);
}

UtcTime utc_at(double unix_s, bool uncertain = false) {
  return {UtcSource::kNtp, static_cast<int64_t>(unix_s * 1e9), 20'000'000, uncertain};
}

TEST_F(Galleries, GapsBetweenRecordingsAreThoseOfTheirOwnClocks) {
  // Both are looked at in the same hour, days after they were taken.
  const IdentityEvidence red = show(*open(), kRed, 0, 0, utc_at(kNoon_s - 200'000));
  const IdentityEvidence again = show(*open(), kRed, 0, 0, utc_at(kNoon_s - 190'000));
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_NEAR(again.gap_s, 9998, 2);
}

TEST_F(Galleries, ASendersClockThatCannotBeTrustedIsNotFollowed) {
  const IdentityEvidence red = show(*open(), kRed, 0, 0, utc_at(kNoon_s + 3e7, true));
  clock_->move_on(3600);
  const IdentityEvidence again = show(*open(), kRed, 0, 0, utc_at(kNoon_s - 3e7, true));
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_NEAR(again.gap_s, 3598, 2) << "but the machine's";
}

TEST_F(Galleries, AReportThatComesAfterTheFirstFramesStillSetsTheTime) {
  const IdentityEvidence red = show(*open(), kRed, 0, 0, utc_at(kNoon_s - 200'000));
  auto analyzer = open();
  const cv::Mat nobody(180, 320, CV_8UC3, cv::Scalar(0));
  const std::vector<Detection> none;
  ASSERT_TRUE(analyzer->analyze({.rgb = nobody, .time = {0, 0}, .upstream = &none}).ok());
  const IdentityEvidence again = show(*analyzer, kRed, 1.5, 0, utc_at(kNoon_s - 190'000));
  EXPECT_EQ(again.uuid, red.uuid);
  EXPECT_NEAR(again.gap_s, 9998, 2);
}

TEST_F(Galleries, NoClockWhateverItDoesMakesAGapNegative) {
  const auto analyzer = open();
  show(*analyzer, kRed);
  double begin_s = 100;
  for (const double jump_s : {1e9, -1e9, 3600.0, -3600.0, 0.0}) {
    for (const bool uncertain : {false, true}) {
      const IdentityEvidence again =
          show(*analyzer, kRed, begin_s, 0, utc_at(kNoon_s + jump_s, uncertain));
      EXPECT_GE(again.gap_s, 0) << jump_s;
      begin_s += 100;
    }
  }
}

TEST_F(Galleries, TheGapOfAStreamThatStartedOverIsToldWhereUtcKnowsIt) {
  const auto analyzer = open();
  const cv::Mat nobody(180, 320, CV_8UC3, cv::Scalar(0));
  const std::vector<Detection> none;
  const struct {
    UtcTime utc;
    double gap_s;
  } frames[] = {{utc_at(kNoon_s), 0},
                {utc_at(kNoon_s + 90), 90},
                {utc_at(kNoon_s + 95, true), -1},
                {{}, -1},
                {utc_at(kNoon_s + 100), -1}};
  uint32_t timeline = 0;
  for (const auto& frame : frames) {
    const auto result = analyzer->analyze(
        {.rgb = nobody, .time = {timeline++, 0}, .utc = frame.utc, .upstream = &none});
    ASSERT_TRUE(result.ok());
    if (timeline == 1) continue;
    ASSERT_EQ(result->events.size(), 1U);
    EXPECT_NEAR(result->events[0].gap_s, frame.gap_s, 1e-3) << timeline;
  }
}

TEST_F(Galleries, AStoreThatCannotBeOpenedIsOneErrorAndNoAnalyzer) {
  folder_.write("store", "a file");
  const auto created = Analyzer::create(settings_, encoder_, clock_);
  EXPECT_EQ(created.status().code(), StatusCode::kUnavailable);
  EXPECT_NE(created.status().message().find(settings_.gallery_location), std::string::npos);
}

}  // namespace
}  // namespace deepstack
