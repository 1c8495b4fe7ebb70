#include "core/identity/gallery.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/scripted_features.h"

namespace deepstack {
namespace {

using test::appearance_of;
using test::Look;

constexpr int64_t kMuch = 64 << 20;
constexpr double kLong_s = 1e9;

const Matcher& matcher() {
  static const Matcher kMatcher(test::scripted_shape(), test::scripted_match());
  return kMatcher;
}

// An identity with one view.
int64_t add(Gallery& gallery, Look look, double seconds, const std::string& label = "person") {
  const int64_t number = gallery.add(label, seconds).number;
  gallery.learn(number, appearance_of(look, seconds));
  return number;
}

// The number of the identity that is most likely this look, 0 when none is likely.
int64_t best(const Gallery& gallery, Look look, double seconds,
             const std::string& label = "person") {
  const Appearance view = appearance_of(look, seconds);
  const Result<std::vector<Candidate>> found = gallery.search({{&view}, label, seconds});
  EXPECT_TRUE(found.ok());
  int64_t number = 0;
  float highest = 0.5F;
  for (const Candidate& candidate : *found) {
    EXPECT_GE(candidate.probability, 0);
    EXPECT_LE(candidate.probability, 1);
    EXPECT_EQ(candidate.levels.size(), 3U);
    if (candidate.probability < highest) continue;
    highest = candidate.probability;
    number = candidate.identity.number;
  }
  return number;
}

TEST(Gallery, FindsAnIdentityAgainAtAnyGap) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  for (Look look = 1; look <= 20; ++look) EXPECT_EQ(add(gallery, look, look), int64_t{look});
  for (const double gap_s : {1.0, 3600.0, 86'400.0}) {
    for (Look look = 1; look <= 20; ++look) {
      EXPECT_EQ(best(gallery, look, 20 + gap_s), int64_t{look}) << gap_s;
    }
    EXPECT_EQ(best(gallery, 77, 20 + gap_s), 0) << "never seen";
  }
}

TEST(Gallery, SearchesOnlyTheSameLabel) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  add(gallery, 1, 0, "dog");
  EXPECT_EQ(best(gallery, 1, 1), 0);
  EXPECT_EQ(best(gallery, 1, 1, "dog"), 1);
}

TEST(Gallery, AnIdentityWithoutViewsIsNoCandidate) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  gallery.add("person", 0);
  const Appearance view = appearance_of(1, 0);
  EXPECT_TRUE(gallery.search({{&view}, "person"})->empty());
  EXPECT_TRUE(gallery.search({{}, "person"})->empty());
}

TEST(Gallery, TheMeanOverTheViewsDecides) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  add(gallery, 1, 0);
  const Appearance right = appearance_of(1, 1);
  const Appearance wrong = appearance_of(2, 1);
  const float both = gallery.search({{&right, &wrong}, "person", 1})->front().probability;
  const float sure = gallery.search({{&right, &right}, "person", 1})->front().probability;
  EXPECT_GT(sure, 0.99F);
  EXPECT_LT(both, sure);
}

TEST(Gallery, AViewThatAddsNothingIsNotKept) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  const Identity& identity = gallery.add("person", 0);
  gallery.learn(identity.number, appearance_of(1, 0));
  gallery.learn(identity.number, appearance_of(1, 5));
  EXPECT_EQ(identity.prototypes.size(), 1U);
  gallery.learn(identity.number, appearance_of(2, 6));
  EXPECT_EQ(identity.prototypes.size(), 2U) << "it looks different";
  gallery.learn(identity.number, appearance_of(1, 20));
  EXPECT_EQ(identity.prototypes.size(), 3U) << "the newest view was old";
}

TEST(Gallery, KeepsTheOldestTheNewestAndTheMostDifferentViews) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  const Identity& identity = gallery.add("person", 0);
  // Look 2 comes over and over; looks 1, 3, 4 and 5 once.
  double seconds = 0;
  for (const Look look : {1U, 2U, 3U, 2U, 4U, 2U, 5U, 2U, 2U, 2U, 2U}) {
    gallery.learn(identity.number, appearance_of(look, seconds += 11));
    EXPECT_LE(identity.prototypes.size(), Gallery::kMaxPrototypes);
    EXPECT_EQ(identity.prototypes.front().seconds, 11);
    EXPECT_EQ(identity.prototypes.back().seconds, seconds);
    EXPECT_TRUE(std::is_sorted(
        identity.prototypes.begin(), identity.prototypes.end(),
        [](const Prototype& a, const Prototype& b) { return a.seconds < b.seconds; }));
  }
  EXPECT_EQ(identity.prototypes.size(), Gallery::kMaxPrototypes);
  for (const Look look : {1U, 2U, 3U, 4U, 5U}) EXPECT_EQ(best(gallery, look, seconds), 1) << look;
}

TEST(Gallery, AViewOfFewerLevelsIsNotKept) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  const Identity& identity = gallery.add("person", 0);
  Appearance shallow = appearance_of(1, 0);
  shallow.gate.pop_back();
  gallery.learn(identity.number, shallow);
  EXPECT_TRUE(identity.prototypes.empty());
}

TEST(Gallery, ViewsStayInOrderWhenStreamsAreNotEquallyFar) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  const Identity& identity = gallery.add("person", 0);
  gallery.learn(identity.number, appearance_of(1, 100));
  gallery.learn(identity.number, appearance_of(2, 50));
  gallery.learn(identity.number, appearance_of(3, 20), 60);
  ASSERT_EQ(identity.prototypes.size(), 3U);
  EXPECT_EQ(identity.prototypes[0].seconds, 50);
  EXPECT_EQ(identity.prototypes[1].seconds, 80) << "with the stream's offset";
  EXPECT_EQ(identity.prototypes[2].seconds, 100);
}

TEST(Gallery, MergingKeepsBothHistories) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  const int64_t old = add(gallery, 1, 10);
  const int64_t young = add(gallery, 2, 50);
  gallery.see(young, 80);
  gallery.merge(young, old);
  EXPECT_EQ(gallery.find(young), nullptr);
  const Identity* identity = gallery.find(old);
  ASSERT_NE(identity, nullptr);
  EXPECT_EQ(identity->first_seen_s, 10);
  EXPECT_EQ(identity->last_seen_s, 80);
  EXPECT_EQ(identity->prototypes.size(), 2U);
  EXPECT_EQ(best(gallery, 1, 90), old);
  EXPECT_EQ(best(gallery, 2, 90), old);
}

TEST(Gallery, MergingFullHistoriesKeepsTheBounds) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  const int64_t first = gallery.add("person", 0).number;
  const int64_t second = gallery.add("person", 0).number;
  for (Look look = 0; look < 6; ++look) {
    gallery.learn(first, appearance_of(100 + look, 2 * look));
    gallery.learn(second, appearance_of(200 + look, 2 * look + 1));
  }
  gallery.merge(2, 1);
  const std::vector<Prototype>& kept = gallery.find(1)->prototypes;
  ASSERT_EQ(kept.size(), Gallery::kMaxPrototypes);
  EXPECT_EQ(kept.front().seconds, 0);
  EXPECT_EQ(kept.back().seconds, 11);
  const int64_t bytes = gallery.bytes();
  gallery.expire(2 * kLong_s);
  EXPECT_GT(bytes, 0);
  EXPECT_EQ(gallery.bytes(), 0) << "every byte that was counted is given back";
}

TEST(Gallery, StaysWithinItsBytesOverTenThousandIdentities) {
  constexpr int64_t kBytes = 256 << 10;
  Gallery gallery({kBytes, kLong_s}, matcher());
  for (int i = 0; i < 10'000; ++i) {
    add(gallery, static_cast<Look>(i), i);
    gallery.expire(i);
    ASSERT_LE(gallery.bytes(), kBytes);
    ASSERT_EQ(gallery.evictions() + gallery.size(), static_cast<uint64_t>(i + 1));
  }
  // A view has 3 levels of 8 tokens of 32 halves: 1.5 KiB.
  EXPECT_GT(gallery.size(), 80U) << "the bytes are used";
  EXPECT_LT(gallery.size(), 180U) << "the bytes are counted";
  EXPECT_NE(gallery.find(10'000), nullptr);
  EXPECT_EQ(gallery.find(1), nullptr) << "the least recently seen went first";
}

TEST(Gallery, AnIdentityInUseGoesLast) {
  Gallery gallery({kMuch, kLong_s}, matcher());
  add(gallery, 1, 0);
  add(gallery, 2, 0);
  Gallery small({gallery.bytes() + 1000, kLong_s}, matcher());  // less than a third would take
  add(small, 1, 0);
  add(small, 2, 50);
  add(small, 3, 60);
  small.see(1, 59.5);
  small.expire(60);
  EXPECT_NE(small.find(1), nullptr) << "seen half a second ago";
  EXPECT_EQ(small.find(2), nullptr);
  EXPECT_NE(small.find(3), nullptr);
}

TEST(Gallery, ForgetsWhatIsUnseenForLongerThanTheTimeToLive) {
  Gallery gallery({kMuch, 100}, matcher());
  add(gallery, 1, 0);
  add(gallery, 2, 50);
  gallery.expire(100);
  EXPECT_EQ(gallery.size(), 2U);
  gallery.expire(100.5);
  EXPECT_EQ(gallery.find(1), nullptr);
  EXPECT_NE(gallery.find(2), nullptr);
  EXPECT_EQ(gallery.evictions(), 1U);
  EXPECT_EQ(add(gallery, 3, 101), 3) << "numbers are never given twice";
}

}  // namespace
}  // namespace deepstack
