// When recordings begin, by their names and by what users say.
#include "pipelines/index/recording_start.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace deepstack {
namespace {

constexpr int64_t kSecond_ns = 1'000'000'000;
constexpr int64_t kMoment_s = 1769869353;  // 2026-01-31T14:22:33Z

class RecordingStartTest : public testing::Test {
 protected:
  RecordingStartTest() {
    setenv("TZ", "UTC-2", 1);  // two hours ahead
    tzset();
  }
};

TEST_F(RecordingStartTest, NamesOfRecordersAreRead) {
  const int64_t local_ns = (kMoment_s - 7200) * kSecond_ns;
  const struct {
    const char* name;
    std::optional<int64_t> start_ns;
  } cases[] = {
      {"20260131_142233.mp4", local_ns},
      {"20260131142233.mp4", local_ns},
      {"door_20260131-142233_main.mkv", local_ns},
      {"2026-01-31 14.22.33.avi", local_ns},
      {"2026-01-31_14-22-33.ts", local_ns},
      {"2026-01-31T14-22-33Z.mp4", kMoment_s * kSecond_ns},
      {"cam1-20260131T142233Z.mp4", kMoment_s * kSecond_ns},
      {"2026-01-31T14:22:33.500Z.mp4", kMoment_s * kSecond_ns},
      {"120260131142233.mp4", std::nullopt},  // in the midst of a number
      {"20261331_142233.mp4", std::nullopt},  // no month
      {"20260230_142233.mp4", std::nullopt},  // no day
      {"20260131_252233.mp4", std::nullopt},  // no hour
      {"20260131.mp4", std::nullopt},
      {"vtest.avi", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& wanted : cases)
    EXPECT_EQ(start_in_name(wanted.name), wanted.start_ns) << wanted.name;
}

TEST_F(RecordingStartTest, WhatUsersSayIsRead) {
  EXPECT_EQ(*parse_start("2026-01-31T14:22:33Z"), kMoment_s * kSecond_ns);
  EXPECT_EQ(*parse_start("2026-01-31T16:22:33.25+02:00"), kMoment_s * kSecond_ns + kSecond_ns / 4);
  EXPECT_EQ(*parse_start("1769869353.5"), kMoment_s * kSecond_ns + kSecond_ns / 2);
  for (const char* wrong :
       {"", "now", "2026-01-31", "2026-13-31T14:22:33Z", "-5", "1e9", "2026-01-31T14:22:33"}) {
    EXPECT_EQ(parse_start(wrong).status().code(), StatusCode::kInvalid) << wrong;
  }
}

}  // namespace
}  // namespace deepstack
