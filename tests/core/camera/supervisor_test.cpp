#include "core/camera/supervisor.h"

#include <gtest/gtest.h>

#include <set>

namespace deepstack {
namespace {

using Kind = CameraNotice::Kind;
using Source = CameraStep::Source;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1000 * kMs;

// A supervisor with the time it is told.
struct Camera {
  explicit Camera(const CameraPolicy& policy = {})
      : supervisor(policy), first(supervisor.start(now_ns)) {}

  void frames(int count, int64_t distance_ns = 40 * kMs) {
    for (int i = 0; i < count; ++i) {
      now_ns += distance_ns;
      step = supervisor.frame(now_ns);
      ASSERT_EQ(step.source, Source::kKeep);
    }
  }
  // To the deadline and what it brings.
  CameraStep wait() {
    now_ns = supervisor.deadline_ns().value();
    return step = supervisor.tick(now_ns);
  }
  CameraStep lose() { return step = supervisor.failed(now_ns, CameraFault::kLost, "gone"); }

  int64_t now_ns = 100 * kSecond;
  CameraSupervisor supervisor;
  CameraStep first;
  CameraStep step;
};

CameraPolicy without_knocks() {
  CameraPolicy policy;
  policy.knocks = false;
  return policy;
}

TEST(CameraSupervisor, StartsTheSourceAndIsLiveWithTheFirstFrame) {
  Camera camera;
  EXPECT_EQ(camera.first.source, Source::kStart);
  EXPECT_EQ(camera.supervisor.state(), CameraState::kConnecting);
  const CameraStep step = camera.supervisor.frame(camera.now_ns + 5);
  ASSERT_TRUE(step.notice);
  EXPECT_EQ(step.notice->kind, Kind::kState) << "nothing was lost, so nothing is back";
  EXPECT_EQ(camera.supervisor.state(), CameraState::kLive);
}

TEST(CameraSupervisor, TakesTheEndOfALiveStreamForALoss) {
  Camera camera(without_knocks());
  camera.frames(3);
  const CameraStep lost = camera.supervisor.ended(camera.now_ns + 30 * kMs);
  EXPECT_EQ(lost.source, Source::kStop);
  ASSERT_TRUE(lost.notice);
  EXPECT_EQ(lost.notice->kind, Kind::kLost);
  EXPECT_EQ(lost.notice->away_ns, 30 * kMs) << "since the last frame";
  EXPECT_EQ(camera.supervisor.state(), CameraState::kBackoff);
  EXPECT_EQ(camera.supervisor.ended(camera.now_ns).source, Source::kKeep) << "once";

  EXPECT_EQ(camera.wait().source, Source::kStart);
  camera.now_ns += 200 * kMs;
  const CameraStep back = camera.supervisor.frame(camera.now_ns);
  ASSERT_TRUE(back.notice);
  EXPECT_EQ(back.notice->kind, Kind::kBack);
  EXPECT_EQ(back.notice->reconnects, 1);
  EXPECT_GT(back.notice->away_ns, kSecond);
}

TEST(CameraSupervisor, TakesTheEndOfAFileForTheEnd) {
  CameraPolicy policy;
  policy.live = false;
  Camera camera(policy);
  camera.frames(3);
  EXPECT_EQ(camera.supervisor.deadline_ns(), std::nullopt) << "a file cannot stall";
  const CameraStep end = camera.supervisor.ended(camera.now_ns);
  EXPECT_EQ(end.source, Source::kKeep) << "it can be sought back";
  EXPECT_FALSE(end.gave_up);
  EXPECT_EQ(camera.supervisor.state(), CameraState::kEnded);
  EXPECT_EQ(camera.supervisor.deadline_ns(), std::nullopt);
}

TEST(CameraSupervisor, NoticesSilenceAfterTheStallTimeout) {
  Camera camera(without_knocks());
  camera.frames(50);
  const int64_t last_frame = camera.now_ns;
  EXPECT_EQ(camera.supervisor.tick(last_frame + 2 * kSecond - 1).source, Source::kKeep);
  const CameraStep step = camera.wait();
  EXPECT_EQ(camera.now_ns - last_frame, 2 * kSecond);
  EXPECT_EQ(step.source, Source::kStop);
  EXPECT_EQ(step.notice->kind, Kind::kLost);
  EXPECT_EQ(step.notice->state, CameraState::kStalled);
  EXPECT_EQ(camera.supervisor.stalls(), 1);
}

TEST(CameraSupervisor, GivesASlowCameraThreeFrameIntervals) {
  Camera camera(without_knocks());
  camera.frames(1);
  EXPECT_EQ(*camera.supervisor.deadline_ns() - camera.now_ns, CameraSupervisor::kConnectTimeoutNs)
      << "one frame does not say how often they come";
  camera.frames(4, 5 * kSecond);
  EXPECT_EQ(*camera.supervisor.deadline_ns() - camera.now_ns, 15 * kSecond);
  camera.frames(5, 100 * kMs);
  EXPECT_EQ(*camera.supervisor.deadline_ns() - camera.now_ns, 2 * kSecond);
  camera.frames(1, 1900 * kMs);
  EXPECT_EQ(*camera.supervisor.deadline_ns() - camera.now_ns, 2 * kSecond) << "one hiccup";
}

TEST(CameraSupervisor, ClimbsTheLadderWithJitter) {
  std::set<int64_t> first_waits;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    CameraPolicy policy = without_knocks();
    policy.seed = seed;
    Camera camera(policy);
    for (const int64_t seconds : {1, 1, 2, 5, 10, 30, 30, 30}) {
      camera.lose();
      const int64_t wait_ns = *camera.supervisor.deadline_ns() - camera.now_ns;
      EXPECT_GE(wait_ns, seconds * 800 * kMs);
      EXPECT_LE(wait_ns, seconds * 1200 * kMs);
      if (first_waits.size() <= seed) first_waits.insert(wait_ns);
      EXPECT_EQ(camera.wait().source, Source::kStart);
    }
  }
  EXPECT_EQ(first_waits.size(), 20) << "cameras that were lost together do not come back together";
}

TEST(CameraSupervisor, BeginsTheLadderAnewAfterAWhileOfFrames) {
  Camera camera(without_knocks());
  for (int i = 0; i < 5; ++i) {
    camera.lose();
    camera.wait();
  }
  camera.frames(10, kSecond);
  camera.lose();
  EXPECT_GT(*camera.supervisor.deadline_ns() - camera.now_ns, 20 * kSecond) << "not steady yet";
  camera.wait();
  camera.frames(12, kSecond);
  camera.lose();
  EXPECT_LE(*camera.supervisor.deadline_ns() - camera.now_ns, 1200 * kMs);
}

TEST(CameraSupervisor, KeepsAFixedIntervalWhenOneIsSet) {
  CameraPolicy policy = without_knocks();
  policy.retry_interval_ns = 3 * kSecond;
  Camera camera(policy);
  for (int i = 0; i < 8; ++i) {
    camera.lose();
    EXPECT_NEAR(static_cast<double>(*camera.supervisor.deadline_ns() - camera.now_ns), 3e9, 0.6e9);
    camera.wait();
  }
}

TEST(CameraSupervisor, AsksACameraThatRefusesUsEveryThirtySecondsAtMost) {
  for (const CameraFault fault :
       {CameraFault::kUnauthorized, CameraFault::kNotFound, CameraFault::kUnusable}) {
    CameraPolicy policy;  // with knocks, and impatient
    policy.retry_interval_ns = kSecond;
    Camera camera(policy);
    for (int i = 0; i < 10; ++i) {
      const CameraStep step = camera.supervisor.failed(camera.now_ns, fault, "no");
      EXPECT_EQ(step.source, Source::kStop);
      const bool auth = fault == CameraFault::kUnauthorized;
      EXPECT_EQ(camera.supervisor.state(), auth ? CameraState::kAuthFailed : CameraState::kBackoff);
      EXPECT_EQ(step.notice->kind, auth ? Kind::kAuth : i == 0 ? Kind::kLost : Kind::kState);
      const int64_t asked = camera.now_ns;
      EXPECT_EQ(camera.wait().source, Source::kStart);
      EXPECT_GE(camera.now_ns - asked, 30 * kSecond);
      EXPECT_LE(camera.now_ns - asked, 36 * kSecond);
    }
  }
}

TEST(CameraSupervisor, SaysLostOnceHoweverOftenItTries) {
  Camera camera(without_knocks());
  EXPECT_EQ(camera.lose().notice->kind, Kind::kLost) << "it was never there, and was asked for";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(camera.wait().notice->kind, Kind::kState);
    EXPECT_EQ(camera.lose().notice->kind, Kind::kState);
  }
}

TEST(CameraSupervisor, GivesUpAConnectionWithoutAFrame) {
  Camera camera(without_knocks());
  EXPECT_EQ(camera.wait().source, Source::kStop);
  EXPECT_EQ(camera.now_ns, 100 * kSecond + CameraSupervisor::kConnectTimeoutNs);
  EXPECT_EQ(camera.step.notice->reason, "no first frame");
}

TEST(CameraSupervisor, EndsAfterTheAllowedAttempts) {
  CameraPolicy policy = without_knocks();
  policy.max_attempts = 3;
  Camera camera(policy);
  camera.frames(2);
  camera.lose();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(camera.wait().source, Source::kStart);
    camera.lose();
    EXPECT_EQ(camera.supervisor.state(), CameraState::kBackoff);
  }
  camera.wait();
  EXPECT_TRUE(camera.lose().gave_up);
  EXPECT_EQ(camera.supervisor.state(), CameraState::kEnded);
}

TEST(CameraSupervisor, ReturnsAtOnceWhenAKnockIsAnsweredAgain) {
  Camera camera;
  camera.frames(2);
  camera.lose();
  for (int i = 0; i < 5; ++i) {
    const int64_t before = camera.now_ns;
    ASSERT_EQ(camera.wait().source, Source::kKnock);
    EXPECT_EQ(camera.now_ns - before, i == 0 ? 0 : 100 * kMs);
    EXPECT_EQ(camera.supervisor.knocked(camera.now_ns, false).source, Source::kKeep);
  }
  ASSERT_EQ(camera.wait().source, Source::kKnock);
  EXPECT_EQ(camera.supervisor.knocked(camera.now_ns, true).source, Source::kStart);
  EXPECT_EQ(camera.supervisor.state(), CameraState::kConnecting);
}

TEST(CameraSupervisor, KnocksOnceAtACameraThatListens) {
  Camera camera;
  camera.frames(2);
  camera.lose();
  const int64_t lost = camera.now_ns;
  ASSERT_EQ(camera.wait().source, Source::kKnock);
  EXPECT_EQ(camera.supervisor.knocked(camera.now_ns, true).source, Source::kKeep)
      << "it drops its streams: the ladder protects it";
  EXPECT_EQ(camera.wait().source, Source::kStart);
  EXPECT_GE(camera.now_ns - lost, 800 * kMs);
}

TEST(CameraSupervisor, KnocksSeldomAtACameraThatStaysAway) {
  Camera camera;
  camera.frames(2);
  camera.lose();
  int knocks = 0;
  const int64_t end = camera.now_ns + 600 * kSecond;
  while (camera.now_ns < end) {
    const CameraStep step = camera.wait();
    if (step.source == Source::kKnock) {
      ++knocks;
      camera.supervisor.knocked(camera.now_ns, false);
    } else {
      camera.lose();
    }
  }
  EXPECT_LE(knocks, 800);
  EXPECT_GE(knocks, 500) << "once a second, so that it is not missed for long";
}

TEST(CameraSupervisor, SkipsAPassWhenItIsLateItself) {
  Camera camera(without_knocks());
  camera.frames(10);
  const int64_t woken = *camera.supervisor.deadline_ns() + CameraSupervisor::kLateNs + 1;
  EXPECT_EQ(camera.supervisor.tick(woken).source, Source::kKeep)
      << "this process stood still; nobody can say that the camera did";
  EXPECT_EQ(camera.supervisor.ticks_skipped(), 1);
  EXPECT_EQ(camera.supervisor.deadline_ns(), woken + 2 * kSecond);
  camera.now_ns = woken;
  EXPECT_EQ(camera.wait().source, Source::kStop) << "and once only";
}

TEST(CameraSupervisor, DoesNotBlameTheCameraForWhoeverHoldsItUp) {
  Camera camera(without_knocks());
  camera.frames(10);
  camera.now_ns = *camera.supervisor.deadline_ns();
  camera.supervisor.held_up(camera.now_ns);
  EXPECT_EQ(camera.supervisor.tick(camera.now_ns).source, Source::kKeep);
  EXPECT_EQ(camera.supervisor.deadline_ns(), camera.now_ns + 2 * kSecond);

  camera.supervisor.pause();
  EXPECT_EQ(camera.supervisor.deadline_ns(), std::nullopt);
  camera.supervisor.resume(camera.now_ns + 3600 * kSecond);
  EXPECT_EQ(camera.supervisor.deadline_ns(), camera.now_ns + 3602 * kSecond);
}

TEST(CameraSupervisor, IgnoresWhatASourceSaysAfterItWasGivenUp) {
  Camera camera(without_knocks());
  camera.frames(2);
  camera.lose();
  const std::optional<int64_t> deadline = camera.supervisor.deadline_ns();
  for (const CameraStep& step :
       {camera.supervisor.frame(camera.now_ns), camera.supervisor.ended(camera.now_ns),
        camera.supervisor.failed(camera.now_ns, CameraFault::kUnauthorized, "late")}) {
    EXPECT_EQ(step.source, Source::kKeep);
    EXPECT_FALSE(step.notice);
  }
  EXPECT_EQ(camera.supervisor.deadline_ns(), deadline);
}

}  // namespace
}  // namespace deepstack
