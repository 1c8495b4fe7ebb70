#include "core/identity/identifier.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/own_gallery.h"
#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::Look;
using test::Thing;

constexpr Look kRed = 0xC02020;
constexpr Look kBlue = 0x2020C0;
constexpr Look kGreen = 0x20C020;

Thing at_place(int place, Look look) {
  return {{100.0F * static_cast<float>(place), 100, 40, 100}, look};
}

// A tracker and an identifier, given the same things half a second apart.
class IdentifierScene : public testing::Test {
 protected:
  static Settings settings(GalleryMode mode = GalleryMode::kLearn) {
    Settings settings;
    settings.gallery_mode = mode;
    return settings;
  }

  std::unique_ptr<Identifier> identifier_for(const Settings& settings) const {
    return std::make_unique<Identifier>(settings, test::own_gallery(settings, matcher_));
  }

  void look(const std::vector<Thing>& things) {
    seconds_ += 0.5;
    std::vector<std::optional<Appearance>> appearances;
    for (const Thing& thing : things) {
      appearances.emplace_back(appearance_of(thing.look, seconds_));
      appearances.back()->quality = quality_;
      if (red_share_ > 0) {
        Feature mixed = test::feature_of(thing.look);
        const Feature red = test::feature_of(kRed);
        for (size_t i = 0; i < mixed.tokens.size(); ++i) {
          mixed.tokens[i] = red_share_ * red.tokens[i] + (1 - red_share_) * mixed.tokens[i];
        }
        appearances.back()->tokens =
            make_appearance(mixed, test::scripted_shape(), seconds_).tokens;
      }
    }
    const Result<std::vector<Track>> ended =
        tracker_.update(seconds_, detections_of(things), appearances);
    ASSERT_TRUE(ended.ok());
    for (const Track& track : *ended) identifier_->forget(track.id);
    auto corrections = identifier_->update(seconds_, tracker_.tracks(), appearances);
    ASSERT_TRUE(corrections.ok()) << corrections.status().message();
    for (Correction& correction : *corrections) corrections_.push_back(std::move(correction));
  }
  void look_often(int times, const std::vector<Thing>& things) {
    for (int i = 0; i < times; ++i) look(things);
  }
  // Nothing happens for so long; what was there is gone.
  void leave(double gap_s) {
    look({});
    seconds_ += std::max(gap_s, 3.0);
    look({});
  }

  const IdentityEvidence* evidence(size_t index) const {
    for (const Track& track : tracker_.tracks()) {
      if (track.observed == index) return identifier_->identity_of(track.id);
    }
    return nullptr;
  }
  std::string uuid(size_t index) const {
    const IdentityEvidence* found = evidence(index);
    return found == nullptr ? "" : found->uuid;
  }

  Matcher matcher_{test::scripted_shape(), test::scripted_match()};
  Tracker tracker_{TrackerSettings{}, matcher_};
  std::unique_ptr<Identifier> identifier_ = identifier_for(settings());
  std::vector<Correction> corrections_;
  double seconds_ = 0;
  float quality_ = 1;
  float red_share_ = 0;  // of what is seen, whatever the thing's look
};

TEST_F(IdentifierScene, AConfirmedTrackGetsAnIdentityOfItsOwn) {
  look({at_place(0, kRed)});
  EXPECT_EQ(evidence(0), nullptr) << "seen once";
  look_often(2, {at_place(0, kRed)});
  EXPECT_EQ(evidence(0), nullptr) << "confirmed, but little is seen of it";
  look({at_place(0, kRed)});
  ASSERT_NE(evidence(0), nullptr);
  EXPECT_EQ(evidence(0)->state, IdentityState::kTentative);
  EXPECT_EQ(evidence(0)->score, 1);
  EXPECT_EQ(evidence(0)->margin, 1);
  EXPECT_EQ(evidence(0)->runner_up, "");
  EXPECT_EQ(identifier_->gallery().stats().identities, 1U);
}

TEST_F(IdentifierScene, WhoReturnsIsTheSameAgainAfterAnyGap) {
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  ASSERT_NE(red, "");
  for (const double gap_s : {3.0, 3600.0, 86'400.0}) {
    leave(gap_s);
    look_often(18, {at_place(5, kRed)});
    EXPECT_EQ(uuid(0), red) << gap_s;
    EXPECT_EQ(evidence(0)->state, IdentityState::kConfirmed);
    EXPECT_GT(evidence(0)->score, 0.9F);
    EXPECT_GE(evidence(0)->gap_s, gap_s);
    EXPECT_LT(evidence(0)->gap_s, gap_s + 3);
    EXPECT_EQ(evidence(0)->levels.size(), 3U);
  }
  EXPECT_EQ(identifier_->gallery().stats().identities, 1U);
  EXPECT_TRUE(corrections_.empty());
}

TEST_F(IdentifierScene, WhoIsNewIsNobodyKnown) {
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  leave(10);
  look_often(8, {at_place(0, kBlue)});
  EXPECT_NE(uuid(0), "");
  EXPECT_NE(uuid(0), red);
  EXPECT_EQ(evidence(0)->runner_up, red);
}

TEST_F(IdentifierScene, TwoInOneFrameAreNeverTheSame) {
  // Twins: nothing tells them apart, but they are seen together.
  look_often(8, {at_place(0, kRed), at_place(3, kRed)});
  EXPECT_NE(uuid(0), uuid(1));
  leave(60);
  look_often(8, {at_place(0, kRed), at_place(3, kRed)});
  EXPECT_NE(uuid(0), "");
  EXPECT_NE(uuid(1), "");
  EXPECT_NE(uuid(0), uuid(1));
}

TEST_F(IdentifierScene, WhoEntersBesideAKnownTwinIsNotTheTwin) {
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  look_often(8, {at_place(0, kRed), at_place(4, kRed)});
  EXPECT_EQ(uuid(0), red);
  EXPECT_NE(uuid(1), "");
  EXPECT_NE(uuid(1), red);
}

TEST_F(IdentifierScene, WhoWasSeenBesideSomebodyIsNotHimLater) {
  // The twin's own track ends while the other one is still undecided.
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  look({at_place(0, kRed), at_place(4, kRed)});
  look_often(8, {at_place(4, kRed)});
  EXPECT_NE(uuid(0), "");
  EXPECT_NE(uuid(0), red);
}

TEST_F(IdentifierScene, WhoReturnsAndHasATwinIsOneOfTheTwo) {
  look_often(8, {at_place(0, kRed), at_place(3, kRed)});
  const std::set<std::string> twins{uuid(0), uuid(1)};
  leave(60);
  look_often(8, {at_place(0, kRed)});
  EXPECT_EQ(twins.count(uuid(0)), 1U) << "not a third one";
  EXPECT_EQ(twins.count(evidence(0)->runner_up), 1U);
  EXPECT_LT(evidence(0)->margin, 0.1F) << "and it says that it may be the other one";
}

TEST_F(IdentifierScene, BadViewsDecideLaterThanGoodOnes) {
  quality_ = 0.3F;
  look_often(6, {at_place(0, kRed)});
  EXPECT_EQ(evidence(0), nullptr) << "little seen, for two seconds and a half";
  look({at_place(0, kRed)});
  EXPECT_NE(evidence(0), nullptr) << "it does not get better, somebody is there";
}

TEST_F(IdentifierScene, SeveralWhoReturnTogetherGetTheirOwnIdentitiesBack) {
  const Look looks[] = {kRed, kBlue, kGreen, 0xC0C020};
  std::vector<Thing> things;
  for (int i = 0; i < 4; ++i) things.push_back(at_place(2 * i, looks[i]));
  look_often(8, things);
  std::vector<std::string> before;
  for (size_t i = 0; i < 4; ++i) before.push_back(uuid(i));
  leave(600);
  for (int i = 0; i < 4; ++i) things[static_cast<size_t>(i)] = at_place(2 * i + 1, looks[3 - i]);
  look_often(8, things);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(uuid(i), before[3 - i]) << i;
}

TEST_F(IdentifierScene, EvidenceThatComesLateMergesANewIdentityIntoTheOldOne) {
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  leave(10);
  red_share_ = 0.35F;  // back, but not to be recognised yet
  look_often(4, {at_place(0, kGreen)});
  const std::string provisional = uuid(0);
  ASSERT_NE(provisional, "");
  ASSERT_NE(provisional, red);
  red_share_ = 0.6F;
  look_often(14, {at_place(0, kGreen)});
  EXPECT_EQ(uuid(0), red);
  ASSERT_EQ(corrections_.size(), 1U);
  EXPECT_EQ(corrections_[0].kind, EventKind::kMerge);
  EXPECT_EQ(corrections_[0].from_uuid, provisional);
  EXPECT_EQ(corrections_[0].to_uuid, red);
  EXPECT_EQ(identifier_->gallery().stats().identities, 1U);
  leave(60);
  red_share_ = 0.35F;
  look_often(4, {at_place(0, kGreen)});
  EXPECT_EQ(uuid(0), red) << "the merged identity knows both looks";
}

TEST_F(IdentifierScene, EvidenceThatTurnsRenamesTheTrack) {
  look_often(8, {at_place(0, kRed), at_place(3, kBlue)});
  const std::string red = uuid(0);
  const std::string blue = uuid(1);
  leave(10);
  look_often(4, {at_place(0, kRed)});
  ASSERT_EQ(uuid(0), red);
  look_often(14, {at_place(0, kBlue)});
  EXPECT_EQ(uuid(0), blue);
  ASSERT_EQ(corrections_.size(), 1U);
  EXPECT_EQ(corrections_[0].kind, EventKind::kRename);
  EXPECT_EQ(corrections_[0].from_uuid, red);
  EXPECT_EQ(corrections_[0].to_uuid, blue);
  EXPECT_EQ(corrections_[0].track_id, 3);
  EXPECT_EQ(identifier_->gallery().stats().identities, 2U) << "a rename merges nothing";
}

TEST_F(IdentifierScene, ATrackThatGoesOverToSomebodyElseIsDecidedAnew) {
  look_often(8, {at_place(0, kRed), at_place(3, kBlue)});
  const std::string red = uuid(0);
  const std::string blue = uuid(1);
  leave(10);
  look_often(18, {at_place(0, kRed)});
  ASSERT_EQ(evidence(0)->state, IdentityState::kConfirmed);
  look_often(2, {at_place(0, kBlue)});
  EXPECT_EQ(uuid(0), red) << "two odd views are no proof";
  look_often(8, {at_place(0, kBlue)});
  EXPECT_EQ(uuid(0), blue);
  ASSERT_EQ(corrections_.size(), 1U);
  EXPECT_EQ(corrections_[0].kind, EventKind::kRename);
  leave(10);
  look_often(8, {at_place(0, kRed)});
  EXPECT_EQ(uuid(0), red) << "what did not fit was not learnt";
}

TEST_F(IdentifierScene, WhoWasLostMayComeBackAsSomebodyElse) {
  look_often(8, {at_place(0, kRed), at_place(3, kBlue)});
  const std::string red = uuid(0);
  const std::string blue = uuid(1);
  leave(10);
  look_often(18, {at_place(0, kRed)});
  look({});
  look({});
  look_often(6, {at_place(0, kBlue)});
  EXPECT_EQ(uuid(0), blue);
  EXPECT_NE(uuid(0), red);
}

TEST_F(IdentifierScene, OffIdentifiesNobody) {
  identifier_ = identifier_for(settings(GalleryMode::kOff));
  look_often(8, {at_place(0, kRed)});
  EXPECT_EQ(evidence(0), nullptr);
  EXPECT_EQ(identifier_->gallery().stats().identities, 0U);
}

TEST_F(IdentifierScene, ReadAddsNobody) {
  identifier_ = identifier_for(settings(GalleryMode::kRead));
  look_often(30, {at_place(0, kRed)});
  EXPECT_EQ(evidence(0), nullptr);
  EXPECT_EQ(identifier_->gallery().stats().identities, 0U);
  EXPECT_EQ(identifier_->gallery().stats().bytes, 0U);
}

TEST_F(IdentifierScene, WhatIsForgottenIsSomebodyNew) {
  Settings forgetful = settings();
  forgetful.gallery_ttl_s = 100;
  identifier_ = identifier_for(forgetful);
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  leave(90);
  look_often(8, {at_place(0, kRed)});
  EXPECT_EQ(uuid(0), red);
  leave(110);
  look_often(8, {at_place(0, kRed)});
  EXPECT_NE(uuid(0), red);
  EXPECT_EQ(identifier_->gallery().stats().evictions, 1U);
}

TEST_F(IdentifierScene, WhoStaysInViewIsNotForgotten) {
  Settings forgetful = settings();
  forgetful.gallery_ttl_s = 20;
  identifier_ = identifier_for(forgetful);
  look_often(100, {at_place(0, kRed)});
  EXPECT_EQ(identifier_->gallery().stats().identities, 1U);
  EXPECT_EQ(identifier_->gallery().stats().evictions, 0U);
}

TEST_F(IdentifierScene, AThresholdThatNothingReachesMatchesNobody) {
  Settings strict = settings();
  strict.reid_threshold = 1;
  identifier_ = identifier_for(strict);
  look_often(8, {at_place(0, kRed)});
  const std::string red = uuid(0);
  leave(10);
  look_often(8, {at_place(0, kRed)});
  EXPECT_NE(uuid(0), "");
  EXPECT_NE(uuid(0), red);
}

TEST_F(IdentifierScene, ACrowdBeyondTheGallerysBytesIsStillIdentified) {
  Settings small = settings();
  small.gallery_max_bytes = 64 << 10;
  identifier_ = identifier_for(small);
  std::set<std::string> seen;
  for (Look crowd = 0; crowd < 20; ++crowd) {
    std::vector<Thing> things;
    for (int i = 0; i < 6; ++i) things.push_back(at_place(2 * i, 1000 + crowd * 6 + Look(i)));
    look_often(4, things);
    for (size_t i = 0; i < 6; ++i) seen.insert(uuid(i));
    EXPECT_LE(identifier_->gallery().stats().bytes, static_cast<uint64_t>(small.gallery_max_bytes));
    leave(10);
  }
  EXPECT_EQ(seen.size(), 120U);
  EXPECT_GT(identifier_->gallery().stats().evictions, 0U);
}

TEST_F(IdentifierScene, LookingAlikeInAnotherClassIsSomebodyElse) {
  look_often(8, {at_place(0, kRed)});
  const std::string person = uuid(0);
  leave(10);
  Thing dog = at_place(0, kRed);
  dog.label = "dog";
  look_often(8, {dog});
  EXPECT_NE(uuid(0), "");
  EXPECT_NE(uuid(0), person);
}

}  // namespace
}  // namespace deepstack
