#include "core/model/adaptation_tracks.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/painted_views.h"

namespace deepstack {
namespace {

using test::painted_views;

constexpr size_t kEnough = 100'000;

TEST(AdaptationTracks, PartsAreOfWholeTracksAndOfTheSharesThatAreSaid) {
  const ViewSet set = painted_views(40, 6);
  const Result<AdaptationTracks> chosen = select_tracks(set, kEnough, 1);
  ASSERT_TRUE(chosen.ok()) << chosen.status().message();
  EXPECT_EQ(chosen->tracks.size(), 40U);
  EXPECT_EQ(chosen->of(TrackPart::kHeldOut).size(), 14U);
  EXPECT_EQ(chosen->of(TrackPart::kValidation).size(), 6U);
  EXPECT_EQ(chosen->of(TrackPart::kTraining).size(), 20U);
  size_t next = 0;
  for (const AdaptationTrack& track : chosen->tracks) {
    EXPECT_EQ(track.first_view, next);
    next += track.views.size();
  }
  EXPECT_EQ(chosen->view_count, 240U);
  EXPECT_EQ(next, 240U);
}

TEST(AdaptationTracks, OnlyTracksOfOnePartThatWereSeenTogetherDiffer) {
  ViewSet set = painted_views(40, 6);
  for (size_t t = 0; t < set.tracks.size(); ++t) {  // no two in the same frame
    for (TrackView& view : set.tracks[t].views) view.frame += static_cast<int64_t>(1000 * t);
  }
  EXPECT_EQ(select_tracks(set, kEnough, 1).status().code(), StatusCode::kUnavailable)
      << "nothing is known to differ";
  for (size_t a = 0; a < 20; ++a) {
    for (size_t b = a + 1; b < 20; ++b) set.together.insert({a, b});
  }
  const Result<AdaptationTracks> chosen = select_tracks(set, kEnough, 1);
  ASSERT_TRUE(chosen.ok()) << chosen.status().message();
  const auto place_in_set = [&](const AdaptationTrack& track) {
    size_t place = 0;
    while (&set.tracks[place].views.front() != track.views.front()) ++place;
    return place;
  };
  for (size_t i = 0; i < chosen->tracks.size(); ++i) {
    for (size_t j = 0; j < chosen->tracks.size(); ++j) {
      const AdaptationTrack& a = chosen->tracks[i];
      const AdaptationTrack& b = chosen->tracks[j];
      const bool together = place_in_set(a) < 20 && place_in_set(b) < 20 && i != j;
      EXPECT_EQ(a.differs_from(j), together && a.part == b.part) << i << " " << j;
    }
  }
}

TEST(AdaptationTracks, ViewsOfOneFrameAreOfTwoThingsButNotAcrossSources) {
  ViewSet set = painted_views(40, 6);
  for (size_t t = 0; t < 40; ++t) set.tracks[t].source = static_cast<int>(t % 2);
  const Result<AdaptationTracks> chosen = select_tracks(set, kEnough, 1);
  ASSERT_TRUE(chosen.ok()) << chosen.status().message();
  for (const AdaptationTrack& track : chosen->tracks) EXPECT_LT(track.different.size(), 20U);
}

TEST(AdaptationTracks, TheSeedDecidesTheParts) {
  const ViewSet set = painted_views(40, 6);
  const auto first_view = [&](uint64_t seed) {
    return select_tracks(set, kEnough, seed)->tracks.front().views.front();
  };
  EXPECT_EQ(first_view(1), first_view(1));
  EXPECT_TRUE(first_view(1) != first_view(2) || first_view(1) != first_view(3));
}

TEST(AdaptationTracks, TooLittleIsOneLineWithWhatThereIsAndWhatIsNeeded) {
  for (const auto& [people, views] : {std::pair<size_t, size_t>(0, 0), {15, 6}, {40, 4}}) {
    const Status status = select_tracks(painted_views(people, views), kEnough, 1).status();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    const std::string count = std::to_string(views < 5 ? 0 : people);
    EXPECT_EQ(status.message(),
              "too little footage: " + count + " tracks have at least 5 views, 16 are needed");
  }
}

TEST(AdaptationTracks, HostileViewsAreLeftOutAndCounted) {
  ViewSet set = painted_views(40, 6);
  set.tracks[0].views[0].rgb = cv::Mat();
  set.tracks[1].views[1].rgb = cv::Mat(1, 1, CV_8UC3, cv::Scalar(0));
  set.tracks[2].views[2].seconds = std::numeric_limits<double>::quiet_NaN();
  set.tracks[3].views[3].seconds = std::numeric_limits<double>::infinity();
  set.tracks[4].views[4].rgb = cv::Mat(32, 16, CV_32FC3, cv::Scalar(0));
  set.together.insert({0, 5000});  // no such track
  const Result<AdaptationTracks> chosen = select_tracks(set, kEnough, 1);
  ASSERT_TRUE(chosen.ok()) << chosen.status().message();
  EXPECT_EQ(chosen->unusable_views, 5U);
  EXPECT_EQ(chosen->view_count, 235U);
}

TEST(AdaptationTracks, OverTheLimitTracksLoseViewsThenTracksGo) {
  const ViewSet set = painted_views(40, 20);
  const Result<AdaptationTracks> fewer = select_tracks(set, 400, 1);
  ASSERT_TRUE(fewer.ok());
  EXPECT_EQ(fewer->tracks.size(), 40U);
  EXPECT_EQ(fewer->view_count, 400U);
  EXPECT_EQ(fewer->surplus_views, 400U);
  for (const AdaptationTrack& track : fewer->tracks) {
    EXPECT_EQ(track.views.front()->seconds, 0) << "spread over the whole life";
    EXPECT_EQ(track.views.back()->seconds, 19);
  }
  const Result<AdaptationTracks> fewest = select_tracks(set, 150, 1);
  ASSERT_TRUE(fewest.ok()) << fewest.status().message();
  EXPECT_EQ(fewest->tracks.size(), 30U);
  EXPECT_EQ(fewest->view_count, 150U);
}

}  // namespace
}  // namespace deepstack
