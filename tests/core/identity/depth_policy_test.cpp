#include "core/identity/depth_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/own_gallery.h"
#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::Look;
using test::Thing;

constexpr Look kRed = 0xC02020;
constexpr Look kBlue = 0x2020C0;
constexpr double kStep_s = 0.1;

Thing at(float x, Look look) { return {{x, 100, 40, 100}, look}; }

// A tracker and an identifier that were shown everything at full depth, and the policy's opinion of
// the frame that comes next.
class DepthPolicyScene : public testing::Test {
 protected:
  void use(GalleryMode mode) {
    Settings settings;
    settings.gallery_mode = mode;
    identifier_ = std::make_unique<Identifier>(settings, test::own_gallery(settings, matcher_));
  }

  static std::vector<std::optional<Appearance>> appearances(const std::vector<Thing>& things,
                                                            double seconds, int levels) {
    std::vector<std::optional<Appearance>> result;
    for (const Thing& thing : things) {
      result.emplace_back(appearance_of(thing.look, seconds, levels));
    }
    return result;
  }

  void show(const std::vector<Thing>& things, int levels = 3) {
    seconds_ += kStep_s;
    const auto views = appearances(things, seconds_, levels);
    ASSERT_TRUE(tracker_.update(seconds_, detections_of(things), views).ok());
    ASSERT_TRUE(identifier_->update(seconds_, tracker_.tracks(), views).ok());
  }
  void show_often(int times, const std::vector<Thing>& things) {
    for (int i = 0; i < times; ++i) show(things);
  }

  // Of the frame a step later: one letter a thing, 'd' for deeper, '-' for decided.
  std::string asked(const std::vector<Thing>& things, int levels = 1, double step_s = kStep_s) {
    const DepthPolicy policy(matcher_, tracker_, *identifier_);
    const double seconds = seconds_ + step_s;
    const Result<std::vector<bool>> undecided =
        policy.undecided(seconds, detections_of(things), appearances(things, seconds, levels));
    EXPECT_TRUE(undecided.ok());
    std::string letters;
    for (const bool deeper : *undecided) letters += deeper ? 'd' : '-';
    return letters;
  }

  const Matcher matcher_{test::scripted_shape(), test::scripted_match()};
  Tracker tracker_{TrackerSettings{}, matcher_};
  std::unique_ptr<Identifier> identifier_ = std::make_unique<Identifier>(
      Settings{}, test::own_gallery(Settings{}, matcher_));
  double seconds_ = 0;
};

// Sightings after which a new identity is settled (Identifier: 8 s), and one more view was kept.
constexpr int kSettled = 85;

TEST_F(DepthPolicyScene, WhoIsKnownAndAloneIsDecidedByTheFirstLevel) {
  show_often(kSettled, {at(100, kRed), at(300, kBlue)});
  EXPECT_EQ(asked({at(100, kRed), at(300, kBlue)}), "--");
  EXPECT_EQ(asked({at(100, kRed), at(300, kBlue)}, 2), "--");
}

TEST_F(DepthPolicyScene, NothingIsAskedOfNothing) {
  EXPECT_EQ(asked({}), "");
  show_often(kSettled, {at(100, kRed)});
  EXPECT_EQ(asked({}), "");
}

TEST_F(DepthPolicyScene, WhatIsNotLookedAtNeedsNothing) {
  const DepthPolicy policy(matcher_, tracker_, *identifier_);
  const auto undecided = policy.undecided(1, test::detections_of({at(100, kRed)}), {std::nullopt});
  ASSERT_TRUE(undecided.ok());
  EXPECT_EQ(*undecided, std::vector<bool>{false});
}

TEST_F(DepthPolicyScene, WhatIsNewGoesDeeper) {
  EXPECT_EQ(asked({at(100, kRed)}), "d");
  show_often(kSettled, {at(100, kRed)});
  EXPECT_EQ(asked({at(100, kRed), at(300, kBlue)}), "-d");
}

TEST_F(DepthPolicyScene, ATentativeTrackGoesDeeper) {
  use(GalleryMode::kOff);
  show({at(100, kRed)});
  EXPECT_EQ(asked({at(100, kRed)}), "d") << "seen once";
  show_often(2, {at(100, kRed)});
  EXPECT_EQ(asked({at(100, kRed)}), "-") << "seen three times";
}

TEST_F(DepthPolicyScene, AnotherLookAtTheSamePlaceGoesDeeper) {
  show_often(kSettled, {at(100, kRed)});
  EXPECT_EQ(asked({at(100, kBlue)}), "d");
  EXPECT_EQ(asked({at(100, kBlue)}, 2), "d");
}

TEST_F(DepthPolicyScene, AnotherLabelGoesDeeper) {
  show_often(kSettled, {at(100, kRed)});
  Thing dog = at(100, kRed);
  dog.label = "dog";
  EXPECT_EQ(asked({dog}), "d");
}

TEST_F(DepthPolicyScene, WhoJumpedGoesDeeper) {
  show_often(kSettled, {at(100, kRed)});
  EXPECT_EQ(asked({at(105, kRed)}), "-");
  EXPECT_EQ(asked({at(130, kRed)}), "d");
}

TEST_F(DepthPolicyScene, ABoxThatTwoTracksFitGoesDeeper) {
  show_often(kSettled, {at(100, kRed), at(125, kBlue)});
  EXPECT_EQ(asked({at(110, kRed)}), "d");
  EXPECT_EQ(asked({at(100, kRed)}), "-") << "the other one is not there and too far to be it";
}

TEST_F(DepthPolicyScene, ATrackThatTwoBoxesFitGoesDeeper) {
  show_often(kSettled, {at(100, kRed)});
  EXPECT_EQ(asked({at(100, kRed), at(120, kBlue)}), "dd");
}

TEST_F(DepthPolicyScene, WhoIsCoveredGoesDeeper) {
  show_often(kSettled, {at(100, kRed)});
  // Small and in front: of this box little overlap, of the other's area a third.
  const Thing in_front{{100, 100, 40, 35}, kBlue};
  EXPECT_EQ(asked({at(100, kRed), in_front}), "dd");
  const Thing beside{{138, 100, 40, 100}, kBlue};
  EXPECT_EQ(asked({at(100, kRed), beside}), "-d");
}

TEST_F(DepthPolicyScene, WhoWasNotSeenLastTimeGoesDeeper) {
  show_often(kSettled, {at(100, kRed)});
  show({});
  EXPECT_EQ(asked({at(100, kRed)}), "d");
}

TEST_F(DepthPolicyScene, FramesFarApartGoDeeper) {
  show_often(kSettled, {at(100, kRed)});
  EXPECT_EQ(asked({at(100, kRed)}, 1, 0.4), "-");
  EXPECT_EQ(asked({at(100, kRed)}, 1, 0.6), "d");
}

TEST_F(DepthPolicyScene, AnIdentityThatIsAboutToBeDecidedGoesDeeper) {
  // The Identifier looks again a second after the first sighting, then after two; views are kept
  // every 0.3 s, that is at every third sighting.
  std::string letters;
  for (int sighting = 1; sighting <= 40; ++sighting) {
    letters += asked({at(100, kRed)});
    show({at(100, kRed)});
  }
  EXPECT_EQ(letters.substr(0, 3), "ddd");
  EXPECT_EQ(letters[11], 'd') << "more than a second old";
  EXPECT_GE(std::count(letters.begin(), letters.end(), '-'), 8) << letters;
}

TEST_F(DepthPolicyScene, ASettledIdentityIsLookedAtAgainAfterTwoSeconds) {
  show_often(kSettled, {at(100, kRed)});
  int shallow = 0;
  for (; asked({at(100, kRed)}) == "-" && shallow < 100; ++shallow) show({at(100, kRed)}, 1);
  EXPECT_GE(shallow, 15);
  EXPECT_LE(shallow, 20);
  show({at(100, kRed)}, 3);
  EXPECT_EQ(asked({at(100, kRed)}), "-") << "that was it";
}

TEST_F(DepthPolicyScene, WithoutAGalleryTracksAreFollowedAllTheSame) {
  use(GalleryMode::kOff);
  show_often(4, {at(100, kRed), at(300, kBlue)});
  EXPECT_EQ(asked({at(100, kRed), at(300, kBlue)}), "--");
  EXPECT_EQ(asked({at(100, kRed), at(120, kBlue)}), "dd");
}

}  // namespace
}  // namespace deepstack
