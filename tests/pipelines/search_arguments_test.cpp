#include "pipelines/search/search_arguments.h"

#include <gtest/gtest.h>

namespace deepstack {
namespace {

TEST(SearchArguments, ABoxIsFourNumbers) {
  const Result<Box> box = parse_box("10,20.5,30,40");
  ASSERT_TRUE(box.ok());
  EXPECT_EQ(*box, (Box{10, 20.5F, 30, 40}));
  for (const char* wrong : {"", "1,2,3", "1,2,3,4,5", "1,2,3,x", "-1,2,3,4", "1,2,3,nan",
                            "1,2,3,4,", "1e9,2,3,4", "1;2;3;4"}) {
    EXPECT_EQ(parse_box(wrong).status().code(), StatusCode::kInvalid) << wrong;
  }
}

TEST(SearchArguments, ABoxLiesInThePicture) {
  const cv::Size frame(768, 576);
  EXPECT_TRUE(check_box({0, 0, 768, 576}, frame).ok());
  EXPECT_EQ(check_box({700, 10, 100, 50}, frame).message(),
            "--box is 700,10,100,50, must lie in the picture of 768 x 576 pixels and be 4 x 4 at "
            "least");
  EXPECT_FALSE(check_box({10, 560, 20, 20}, frame).ok());
  EXPECT_FALSE(check_box({10, 10, 3, 20}, frame).ok());
}

TEST(SearchArguments, TimesInAVideoAreSecondsOrAClock) {
  EXPECT_EQ(*parse_video_time("83.5"), 83'500'000'000);
  EXPECT_EQ(*parse_video_time("1:23.5"), 83'500'000'000);
  EXPECT_EQ(*parse_video_time("1:00:01"), 3601'000'000'000);
  for (const char* wrong : {"", "-1", "1:2:3:4", "x", "1e3", "99999999"}) {
    EXPECT_EQ(parse_video_time(wrong).status().code(), StatusCode::kInvalid) << wrong;
  }
}

TEST(SearchArguments, TimesOfDayAreUtc) {
  EXPECT_EQ(*parse_utc("--after", "0"), 0);
  EXPECT_EQ(*parse_utc("--after", "1700000000.25"), 1700000000.25);
  EXPECT_EQ(*parse_utc("--after", "2023-11-14"), 1699920000);
  EXPECT_EQ(*parse_utc("--after", "2023-11-14T22:13:20Z"), 1700000000);
  EXPECT_EQ(*parse_utc("--after", "2023-11-14 22:13"), 1699999980);
  EXPECT_EQ(*parse_utc("--after", "2023-11-14T23:13:20.5+01:00"), 1700000000.5);
  for (const char* wrong : {"", "yesterday", "2023-13-01", "2023-02-30", "2023-11-14T25:00"}) {
    EXPECT_EQ(parse_utc("--after", wrong).status().code(), StatusCode::kInvalid) << wrong;
  }
  EXPECT_EQ(parse_utc("--after", "no").status().message(),
            "--after is 'no', must be a time like 2026-01-31T14:22:33Z, or UNIX seconds");
}

}  // namespace
}  // namespace deepstack
