#include "core/identity/view_collector.h"

#include <gtest/gtest.h>

#include <limits>

namespace deepstack {
namespace {

const cv::Mat kFrame(100, 200, CV_8UC3, cv::Scalar(10, 20, 30));

TrackBox at(int64_t track, float x, float width = 10, float height = 20) {
  return {track, {x, 10, width, height}};
}

// One track alone for some frames, a second apart.
void show(ViewCollector& collector, int64_t track, int frames) {
  for (int i = 0; i < frames; ++i) {
    const TrackBox box = at(track, 50);
    collector.add_frame(0, i + 1, i, kFrame, {&box, 1});
  }
}

TEST(ViewCollector, AViewIsACopyOfTheBoxWithItsTimeAndFrame) {
  ViewCollector collector({});
  cv::Mat frame = kFrame.clone();
  const TrackBox box{7, {190, 90, 20, 30}};  // half of it outside
  collector.add_frame(3, 42, 1.5, frame, {&box, 1});
  frame.setTo(cv::Scalar(0, 0, 0));
  ASSERT_EQ(collector.views().tracks.size(), 1U);
  const TrackViews& track = collector.views().tracks[0];
  EXPECT_EQ(track.source, 3);
  EXPECT_EQ(track.track, 7);
  ASSERT_EQ(track.views.size(), 1U);
  EXPECT_EQ(track.views[0].rgb.size(), cv::Size(10, 10));
  EXPECT_EQ(track.views[0].rgb.at<cv::Vec3b>(0, 0), cv::Vec3b(10, 20, 30));
  EXPECT_EQ(track.views[0].seconds, 1.5);
  EXPECT_EQ(track.views[0].frame, 42);
  EXPECT_EQ(collector.bytes(), 300);
}

TEST(ViewCollector, ViewsAreSpreadOverALife) {
  ViewCollector collector({.views_a_track = 8});
  show(collector, 1, 1000);
  const std::vector<TrackView>& views = collector.views().tracks[0].views;
  ASSERT_GE(views.size(), 4U);
  ASSERT_LE(views.size(), 8U);
  for (size_t i = 1; i < views.size(); ++i) {
    EXPECT_EQ(views[i].seconds - views[i - 1].seconds, 128) << "evenly";
  }
  EXPECT_GT(views.back().seconds, 700);
}

TEST(ViewCollector, BytesAreBoundedAndWhatIsLostIsCounted) {
  ViewCollector collector({.views_a_track = 100, .max_bytes = 600 * 20});
  for (int64_t track = 1; track <= 30; ++track) show(collector, track, 10);
  EXPECT_LE(collector.bytes(), 600 * 20);
  size_t kept = 0;
  for (const TrackViews& track : collector.views().tracks) kept += track.views.size();
  EXPECT_EQ(static_cast<int64_t>(kept * 600), collector.bytes());
  EXPECT_GE(kept, 15U);
  EXPECT_GT(collector.dropped(), 100U);
}

TEST(ViewCollector, TracksAreBounded) {
  ViewCollector collector({.tracks = 2});
  for (int64_t track = 1; track <= 5; ++track) show(collector, track, 1);
  EXPECT_EQ(collector.views().tracks.size(), 2U);
  EXPECT_EQ(collector.dropped(), 3U);
  const TrackBox boxes[] = {at(2, 10), at(9, 100)};
  collector.add_frame(0, 9, 9, kFrame, boxes);
  EXPECT_TRUE(collector.views().together.empty()) << "one of the two is not kept";
}

TEST(ViewCollector, TracksOfOneFrameAreTogetherUnlessOneCoversTheOther) {
  ViewCollector collector({});
  const TrackBox first[] = {at(1, 10), at(2, 100), at(3, 102)};  // 3 lies on 2
  collector.add_frame(0, 1, 0, kFrame, first);
  EXPECT_EQ(collector.views().together, (std::set<std::pair<size_t, size_t>>{{0, 1}, {0, 2}}));
  EXPECT_EQ(collector.views().tracks[0].views.size(), 1U);
  EXPECT_TRUE(collector.views().tracks[1].views.empty()) << "covered: no view";
  const TrackBox later[] = {at(2, 50), at(3, 150)};
  collector.add_frame(0, 2, 1, kFrame, later);
  EXPECT_TRUE(collector.views().together.contains({1, 2})) << "apart now";
}

TEST(ViewCollector, TheSameNumberInAnotherSourceIsAnotherTrack) {
  ViewCollector collector({});
  const TrackBox box = at(1, 10);
  collector.add_frame(0, 1, 0, kFrame, {&box, 1});
  collector.add_frame(1, 1, 0, kFrame, {&box, 1});
  EXPECT_EQ(collector.views().tracks.size(), 2U);
  EXPECT_TRUE(collector.views().together.empty());
}

TEST(ViewCollector, WhatShowsNothingIsRefused) {
  ViewCollector collector({});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const TrackBox hostile[] = {{1, {-500, 10, 20, 20}},
                              {2, {50, 50, 1, 1}},
                              {3, {50, 50, 0, 20}},
                              {4, {nan, 10, 20, 20}},
                              {5, {50, 10, -5, 20}}};
  collector.add_frame(0, 1, 0, kFrame, hostile);
  EXPECT_EQ(collector.refused(), 5U);
  const TrackBox good = at(6, 50);
  collector.add_frame(0, 2, std::numeric_limits<double>::quiet_NaN(), kFrame, {&good, 1});
  collector.add_frame(0, 3, 1, cv::Mat(), {&good, 1});
  EXPECT_EQ(collector.refused(), 7U);
  for (const TrackViews& track : collector.views().tracks) EXPECT_TRUE(track.views.empty());
}

TEST(ViewCollector, LargeCropsAreMadeSmaller) {
  ViewCollector collector({.longest_side = 40});
  const TrackBox box{1, {0, 0, 40, 80}};
  collector.add_frame(0, 1, 0, kFrame, {&box, 1});
  EXPECT_EQ(collector.views().tracks[0].views[0].rgb.size(), cv::Size(20, 40));
}

}  // namespace
}  // namespace deepstack
