#include "core/time/utc_time.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/time/media_time.h"

namespace deepstack {
namespace {

constexpr uint64_t kSecond = kNanosPerSecond;
constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();

TEST(UtcTime, EveryKindOfTimeStampIsCountedFrom1970) {
  struct {
    UtcSource source;
    uint64_t seconds;
  } const same[] = {{UtcSource::kUnix, 1'800'000'000},
                    {UtcSource::kNtp, 1'800'000'000 + 2'208'988'800},
                    {UtcSource::kPtp, 1'800'000'037}};
  for (const auto& known : same) {
    EXPECT_EQ(utc_reference(known.source, known.seconds * kSecond + 5),
              (UtcReference{known.source, 1'800'000'000'000'000'005}));
  }
}

TEST(UtcTime, AClockThatNobodySetIsNoReference) {
  EXPECT_FALSE(utc_reference(UtcSource::kNtp, 0));
  EXPECT_FALSE(utc_reference(UtcSource::kNtp, 2'208'988'800 * kSecond - 1));
  EXPECT_TRUE(utc_reference(UtcSource::kNtp, 2'208'988'800 * kSecond));
  EXPECT_FALSE(utc_reference(UtcSource::kPtp, 36 * kSecond));
  EXPECT_FALSE(utc_reference(UtcSource::kUnix, kLargest));
  EXPECT_FALSE(utc_reference(UtcSource::kNtp, kLargest)) << "no time stamp";
  EXPECT_FALSE(utc_reference(UtcSource::kUnix, uint64_t{std::numeric_limits<int64_t>::max()}));
}

TEST(UtcTime, IsWrittenAsRfc3339) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(1'800'000'000'123'456'789), "2027-01-15T08:00:00.123456Z");
  EXPECT_EQ(to_rfc3339(951'782'399'999'999'999), "2000-02-28T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(951'782'400'000'000'000), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_rfc3339(std::numeric_limits<int64_t>::max()), "2262-04-11T23:47:16.854775Z");
}

}  // namespace
}  // namespace deepstack
