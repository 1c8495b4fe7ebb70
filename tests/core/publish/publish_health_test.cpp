#include "core/publish/publish_health.h"

#include <gtest/gtest.h>

#include "core/publish/retry_ladder.h"

namespace deepstack {
namespace {

TEST(PublishHealth, SaysEachChangeOnceAndDropsOnceAMinute) {
  constexpr int64_t kSecond = 1'000'000'000;
  PublishHealth health;
  EXPECT_EQ(health.due_ns(), EventPublisher::kNever);
  health.lost({PublishFailure::Kind::kRefused, "bad password"});
  EXPECT_EQ(health.due_ns(), 0);
  auto notices = health.take_notices(kSecond);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].state, PublishState::kRefused);
  EXPECT_EQ(notices[0].reason, "bad password");
  health.lost({PublishFailure::Kind::kRefused, "bad password"});
  EXPECT_TRUE(health.take_notices(31 * kSecond).empty()) << "said once";

  health.opened();
  health.take_notices(32 * kSecond);
  health.dropped(2, 40 * kSecond);
  notices = health.take_notices(40 * kSecond);
  ASSERT_EQ(notices.size(), 2U);
  EXPECT_EQ(notices[0].state, PublishState::kDegraded);
  EXPECT_EQ(notices[1].kind, PublishNotice::Kind::kDropped);
  EXPECT_EQ(notices[1].lines, 2U);
  health.dropped(3, 41 * kSecond);
  health.dropped(4, 99 * kSecond);
  EXPECT_EQ(health.due_ns(), 100 * kSecond);
  EXPECT_TRUE(health.take_notices(99 * kSecond).empty());
  notices = health.take_notices(100 * kSecond);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].lines, 7U);
  health.emptied();
  ASSERT_EQ(health.take_notices(101 * kSecond).size(), 1U);
  EXPECT_EQ(health.state(), PublishState::kOk);
}

TEST(PublishHealth, ADiskIsFullUntilItTakesALine) {
  PublishHealth health;
  health.lost({PublishFailure::Kind::kFull, "no space"});
  EXPECT_EQ(health.state(), PublishState::kDegraded);
  health.opened();
  EXPECT_EQ(health.state(), PublishState::kDegraded);
  health.delivered();
  EXPECT_EQ(health.state(), PublishState::kOk);
}

TEST(RetryLadder, ABrokerThatIsBackIsFoundWithinTwoSeconds) {
  RetryLadder ladder;
  std::vector<double> waits;
  for (int i = 0; i < 6; ++i) {
    waits.push_back(static_cast<double>(ladder.after(PublishFailure::Kind::kLost)) / 1e9);
  }
  EXPECT_EQ(waits, (std::vector<double>{0.2, 0.4, 0.8, 1.2, 1.2, 1.2}));
  EXPECT_EQ(ladder.after(PublishFailure::Kind::kRefused), RetryLadder::kRefused_ns);
  ladder.start_over();
  EXPECT_EQ(ladder.after(PublishFailure::Kind::kFull), RetryLadder::kFirst_ns);
}

}  // namespace
}  // namespace deepstack
