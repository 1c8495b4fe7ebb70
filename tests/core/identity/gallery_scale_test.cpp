// Thousands of identities: what they take, and that those searched for are found.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/identity/gallery.h"
#include "tests/support/cost.h"
#include "tests/support/view_maker.h"

namespace deepstack {
namespace {

using test::ViewMaker;

constexpr double kLong_s = 1e9;

const Matcher& matcher() {
  static const Matcher kMatcher(ViewMaker::shape(), ViewMaker::match());
  return kMatcher;
}

TEST(GalleryScale, F27_TenThousandIdentitiesOfThreeLevelsFitNinetyMegabytes) {
  constexpr int64_t kBytes = 90'000'000;
  const double before = test::process_mebibytes("VmRSS:");
  Gallery gallery({kBytes, kLong_s}, matcher());
  ViewMaker maker;
  for (int i = 0; i < 10'000; ++i) {
    const std::vector<float> person = maker.person();
    const int64_t number = gallery.add("person", i).number;
    for (int k = 0; k < 6; ++k) gallery.learn(number, maker.view(person, i + 0.1 * k, 2.5F));
    gallery.expire(i);
    ASSERT_LE(gallery.bytes(), kBytes);
  }
  EXPECT_EQ(gallery.size(), 10'000U);
  EXPECT_EQ(gallery.evictions(), 0U) << "views go before identities do";
  EXPECT_GT(gallery.views_evicted(), 20'000U);
  EXPECT_EQ(gallery.find(1)->prototypes.size(), 2U);
  const double taken = (test::process_mebibytes("VmRSS:") - before) * 1048576 / 1e6;
  RecordProperty("rss_megabytes", std::to_string(taken));
  RecordProperty("accounted_megabytes", std::to_string(gallery.bytes() / 1'000'000));
  if (test::kCostsAreReal) {
    EXPECT_LE(taken, 90) << "what is counted is what the process takes";
  }

  const std::vector<float> person = maker.person();
  const int64_t number = gallery.add("person", 10'000).number;
  gallery.learn(number, maker.view(person, 10'000));
  const Appearance view = maker.view(person, 10'001);
  Result<std::vector<Candidate>> found = std::vector<Candidate>{};
  const auto search = [&] { found = gallery.search({{&view}, "person", 10'001}); };
  const test::Cost cost = test::cost_of(search);
  RecordProperty("search_ms", std::to_string(cost.milliseconds));
  RecordProperty("search_mebibytes", std::to_string(cost.mebibytes));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), Gallery::kShortlist);
  const auto best =
      std::max_element(found->begin(), found->end(),
                       [](const auto& a, const auto& b) { return a.probability < b.probability; });
  EXPECT_EQ(best->identity.number, number);
  if (test::kCostsAreReal) {
    constexpr double kMostYardsticks = 5;
    EXPECT_LE(test::relative_time_of(search, kMostYardsticks), kMostYardsticks)
        << "it took " << cost.milliseconds << " ms of 250";
    EXPECT_LT(cost.mebibytes, 64);
  }
}

TEST(GalleryScale, WhatIsLeftOfAnIdentityIsItsNewestViewAndTheOneLeastLikeIt) {
  ViewMaker maker;
  const std::vector<float> one = maker.person();
  const std::vector<float> other = maker.person();
  Gallery whole({64 << 20, kLong_s}, matcher());
  Gallery small({64 << 10, kLong_s}, matcher());
  for (Gallery* gallery : {&whole, &small}) {
    gallery->add("person", 0);
    for (int k = 0; k < 6; ++k) {
      gallery->learn(1, maker.view(k == 2 ? other : one, 11.0 * k, 0.2F));
    }
    ASSERT_EQ(gallery->find(1)->prototypes.size(), 6U);
  }
  for (int i = 0; small.views_evicted() == 0; ++i) {
    ASSERT_LT(i, 20);
    const int64_t number = small.add("person", 100 + i).number;
    small.learn(number, maker.view(maker.person(), 100 + i));
    small.expire(100 + i);
  }
  ASSERT_EQ(small.evictions(), 0U);
  EXPECT_EQ(small.views_evicted(), 4U);
  const std::vector<Prototype>& left = small.find(1)->prototypes;
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].seconds, 22);
  EXPECT_EQ(left[1].seconds, 55);
}

// The same identities in galleries that are small enough to be compared one by one.
class SearchedWhole {
 public:
  void add(int64_t number, const std::vector<Appearance>& views) {
    if ((number - 1) % 400 == 0) {
      parts_.push_back(std::make_unique<Gallery>(GalleryLimits{256 << 20, kLong_s}, matcher()));
      parts_.back()->reserve_numbers(number - 1);
    }
    EXPECT_EQ(parts_.back()->add("person", 0).number, number);
    for (const Appearance& view : views) parts_.back()->learn(number, view);
  }
  Candidate best(const GalleryQuery& query) const {
    Candidate best;
    for (const auto& part : parts_) {
      const auto found = part->search(query);
      for (const Candidate& candidate : *found) {
        if (candidate.probability > best.probability) best = candidate;
      }
    }
    return best;
  }

 private:
  std::vector<std::unique_ptr<Gallery>> parts_;
};

TEST(GalleryScale, TheShortlistHasWhomAttentionWouldChooseAmongAll) {
  ViewMaker maker(7);
  std::vector<std::vector<float>> people;
  // Half of them strangers, half of them in families of four that look alike.
  for (int i = 0; i < 600; ++i) people.push_back(maker.person());
  for (int i = 0; i < 600; ++i) {
    people.push_back(i % 4 == 0 ? maker.person() : maker.double_of(people[people.size() - i % 4]));
  }
  Gallery gallery({256 << 20, kLong_s}, matcher());
  SearchedWhole whole;
  for (const std::vector<float>& person : people) {
    const std::vector<Appearance> views{maker.view(person, 0), maker.view(person, 20, 1.0F)};
    const int64_t number = gallery.add("person", 0).number;
    for (const Appearance& view : views) gallery.learn(number, view);
    whole.add(number, views);
  }
  int same = 0;
  int right = 0;
  constexpr int kQueries = 60;
  for (int q = 0; q < kQueries; ++q) {
    const size_t person = static_cast<size_t>(q) * people.size() / kQueries;
    // From plain to hardly to be seen.
    const float noise = 0.5F + 1.5F * static_cast<float>(q % 4) / 3;
    const Appearance first = maker.view(people[person], 3600, noise);
    const Appearance second = maker.view(people[person], 3601, noise);
    const GalleryQuery query{{&first, &second}, "person", 3601};
    const auto found = gallery.search(query);
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(found->size(), Gallery::kShortlist);
    const Candidate expected = whole.best(query);
    right += expected.identity.number == static_cast<int64_t>(person) + 1 ? 1 : 0;
    same += std::any_of(found->begin(), found->end(),
                        [&](const Candidate& candidate) {
                          return candidate.identity.number == expected.identity.number;
                        })
                ? 1
                : 0;
  }
  EXPECT_EQ(same, kQueries);
  EXPECT_GT(right, kQueries / 2) << "and the task is not a lottery";
}

}  // namespace
}  // namespace deepstack
