#include "core/identity/track_evidence.h"

#include <gtest/gtest.h>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

Appearance view(double seconds, float quality) {
  Appearance appearance = test::appearance_of(0xC02020, seconds);
  appearance.quality = quality;
  return appearance;
}

TEST(TrackEvidence, KeepsOneViewAMomentTheBest) {
  TrackEvidence views;
  views.add(view(0.0, 0.5F));
  views.add(view(0.1, 0.9F));
  views.add(view(0.2, 0.6F));
  ASSERT_EQ(views.views().size(), 1U);
  EXPECT_EQ(views.views()[0].quality, 0.9F);
  views.add(view(0.3, 0.4F));
  EXPECT_EQ(views.views().size(), 2U) << "the better view did not put the next moment off";
  EXPECT_FLOAT_EQ(views.weight(), 1.3F);
}

TEST(TrackEvidence, ABadViewIsNoEvidence) {
  TrackEvidence views;
  views.add(view(0, 0.1F));
  EXPECT_TRUE(views.views().empty());
  EXPECT_EQ(views.weight(), 0);
}

TEST(TrackEvidence, WhenFullTheWorstOfTheOlderGoes) {
  TrackEvidence views;
  for (int i = 0; i < 8; ++i) views.add(view(i, i == 3 ? 0.3F : 0.8F));
  views.add(view(8, 0.28F));
  ASSERT_EQ(views.views().size(), TrackEvidence::kMost);
  for (const Appearance& kept : views.views()) EXPECT_NE(kept.seconds, 3);
  EXPECT_EQ(views.views().back().seconds, 8) << "the newest stays, however bad";
  EXPECT_EQ(views.views().front().seconds, 0);
}

}  // namespace
}  // namespace deepstack
