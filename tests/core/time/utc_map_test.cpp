#include "core/time/utc_map.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

constexpr int64_t kSecond = kNanosPerSecond;
constexpr int64_t kFrameNs = 40'000'000;
constexpr int64_t kNoonNs = 1'800'000'000 * kSecond;  // UTC of the stream's time 0
constexpr int64_t kDelayNs = 150'000'000;             // from the camera to us

UtcReference ntp(int64_t stream_ns) { return {UtcSource::kNtp, kNoonNs + stream_ns}; }
int64_t arrival(int64_t stream_ns) { return kNoonNs + stream_ns + kDelayNs; }

TEST(UtcMap, OfAFileNothingIsKnown) {
  UtcMap map;
  map.observe(0, {}, {});
  EXPECT_EQ(map.at(0).source, UtcSource::kNone);
  EXPECT_FALSE(map.at(0).known());
  EXPECT_FALSE(map.at(0).certain());
}

TEST(UtcMap, AFileWithTimesOfItsRecorderHasThem) {
  UtcMap map;
  map.observe(kSecond, UtcReference{UtcSource::kUnix, kNoonNs}, {});
  const UtcTime time = map.at(3 * kSecond);
  EXPECT_EQ(time.source, UtcSource::kUnix);
  EXPECT_EQ(time.unix_ns, kNoonNs + 2 * kSecond);
  EXPECT_TRUE(time.certain());
}

// As GStreamer 1.22 does it: nothing until the first report, then nothing on every tenth frame.
TEST(UtcMap, FramesWithoutTheSendersTimeAreExtrapolated) {
  UtcMap map;
  for (int frame = 0; frame < 200; ++frame) {
    const int64_t now = frame * kFrameNs;
    const bool reported = frame >= 50 && frame % 10 != 0;
    map.observe(now, reported ? std::optional(ntp(now)) : std::nullopt, arrival(now));
    const UtcTime time = map.at(now);
    EXPECT_EQ(time.source, frame > 50 ? UtcSource::kNtp : UtcSource::kArrival) << frame;
    EXPECT_EQ(time.unix_ns, frame > 50 ? ntp(now).unix_ns : arrival(now)) << frame;
    EXPECT_FALSE(time.uncertain) << frame;
    EXPECT_LE(std::abs(time.unix_ns - kNoonNs - now), time.error_ns) << "what is said is true";
  }
}

TEST(UtcMap, ReportsThatStayAwayAreWorthMoreThanArrivalForHours) {
  UtcMap map;
  map.observe(0, ntp(0), arrival(0));
  UtcSource source = UtcSource::kNtp;
  int64_t minute = 0;
  for (; source == UtcSource::kNtp && minute < 10'000; ++minute) {
    map.observe(minute * 60 * kSecond, {}, arrival(minute * 60 * kSecond));
    source = map.at(minute * 60 * kSecond).source;
  }
  EXPECT_EQ(source, UtcSource::kArrival);
  EXPECT_NEAR(static_cast<double>(minute) / 60, 2.7, 0.1) << "until 100 ppm are a second";
}

TEST(UtcMap, WhereSenderAndMachineDifferOneOfThemIsWrong) {
  for (const int64_t off_ns : {-3600 * kSecond, -6 * kSecond, 6 * kSecond, 3600 * kSecond}) {
    UtcMap map;
    map.observe(0, ntp(off_ns), arrival(0));
    const UtcTime time = map.at(0);
    EXPECT_EQ(time.source, UtcSource::kNtp);
    EXPECT_EQ(time.unix_ns, kNoonNs + off_ns);
    EXPECT_TRUE(time.uncertain) << off_ns;
  }
  UtcMap map;
  map.observe(0, ntp(4 * kSecond), arrival(0));
  EXPECT_TRUE(map.at(0).certain());
}

TEST(UtcMap, AnotherKindOfTimeStampBeginsAnew) {
  UtcMap map;
  map.observe(0, ntp(0), {});
  map.observe(kFrameNs, UtcReference{UtcSource::kPtp, kNoonNs + 3600 * kSecond}, {});
  const UtcTime time = map.at(kFrameNs);
  EXPECT_EQ(time.source, UtcSource::kPtp);
  EXPECT_EQ(time.unix_ns, kNoonNs + 3600 * kSecond) << "not a step of the first";
  EXPECT_TRUE(time.certain());
}

TEST(UtcMap, ARestartForgets) {
  UtcMap map;
  map.observe(0, ntp(0), arrival(0));
  map.restart();
  EXPECT_FALSE(map.at(0).known());
}

TEST(UtcMap, AMachineWhoseClockIsBefore1970HasNone) {
  UtcMap map;
  map.observe(0, {}, -1);
  EXPECT_FALSE(map.at(0).known());
}

}  // namespace
}  // namespace deepstack
