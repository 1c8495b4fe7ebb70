#include "core/camera/supervisor.h"

#include <algorithm>
#include <utility>

#include "core/uniform.h"

namespace deepstack {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr std::array<int64_t, 6> kLadderNs{1 * kSecond, 1 * kSecond,  2 * kSecond,
                                           5 * kSecond, 10 * kSecond, 30 * kSecond};

// Often while a camera that reboots may be back any moment, seldom once it is known to be away.
int64_t knock_interval_ns(int64_t away_ns) {
  return std::clamp(away_ns / 50, kSecond / 10, kSecond);
}

}  // namespace

const char* camera_state_name(CameraState state) {
  switch (state) {
    case CameraState::kConnecting:
      return "connecting";
    case CameraState::kLive:
      return "live";
    case CameraState::kStalled:
      return "stalled";
    case CameraState::kBackoff:
      return "backoff";
    case CameraState::kAuthFailed:
      return "auth-failed";
    case CameraState::kEnded:
      return "ended";
  }
  return "ended";
}

CameraSupervisor::CameraSupervisor(const CameraPolicy& policy)
    : policy_(policy), random_(policy.seed) {}

CameraStep CameraSupervisor::start(int64_t now_ns) {
  started_ = true;
  away_since_ns_ = now_ns;
  return connect(now_ns);
}

CameraStep CameraSupervisor::connect(int64_t now_ns) {
  state_ = CameraState::kConnecting;
  quiet_since_ns_ = now_ns;
  interval_count_ = 0;
  knock_at_ns_.reset();
  return {CameraStep::Source::kStart, notice(CameraNotice::Kind::kState, now_ns, ""), false};
}

CameraStep CameraSupervisor::frame(int64_t now_ns) {
  if (!running()) return {};  // one that was under way when the source was given up
  ++frames_;
  if (state_ == CameraState::kLive) {
    intervals_ns_[interval_count_ % intervals_ns_.size()] = now_ns - quiet_since_ns_;
    ++interval_count_;
    quiet_since_ns_ = now_ns;
    return {};
  }
  state_ = CameraState::kLive;
  quiet_since_ns_ = now_ns;
  live_since_ns_ = now_ns;
  attempts_ = 0;
  CameraNotice::Kind kind = CameraNotice::Kind::kState;
  if (lost_said_) {
    ++reconnects_;
    kind = CameraNotice::Kind::kBack;
  }
  CameraStep step{CameraStep::Source::kKeep, notice(kind, now_ns, ""), false};
  lost_said_ = false;
  away_since_ns_.reset();
  return step;
}

CameraStep CameraSupervisor::ended(int64_t now_ns) {
  if (!running()) return {};
  if (policy_.live) return lose(now_ns, CameraState::kBackoff, CameraFault::kLost, "end of stream");
  state_ = CameraState::kEnded;
  // The source stays, so that a file can be sought back.
  return {CameraStep::Source::kKeep, notice(CameraNotice::Kind::kState, now_ns, "end of stream"),
          false};
}

CameraStep CameraSupervisor::failed(int64_t now_ns, CameraFault fault, std::string reason) {
  if (!running()) return {};
  if (!policy_.live) return give_up(now_ns, std::move(reason));
  const CameraState next =
      fault == CameraFault::kUnauthorized ? CameraState::kAuthFailed : CameraState::kBackoff;
  return lose(now_ns, next, fault, std::move(reason));
}

CameraStep CameraSupervisor::tick(int64_t now_ns) {
  const std::optional<int64_t> deadline = deadline_ns();
  if (!deadline || now_ns < *deadline) return {};
  if (!running()) {
    if (now_ns >= retry_at_ns_) return connect(now_ns);
    knock_at_ns_.reset();
    return {CameraStep::Source::kKnock, std::nullopt, false};
  }
  if (now_ns - *deadline > kLateNs) {
    ++ticks_skipped_;
    quiet_since_ns_ = now_ns;
    return {};
  }
  if (state_ == CameraState::kConnecting) {
    return lose(now_ns, CameraState::kBackoff, CameraFault::kLost, "no first frame");
  }
  ++stalls_;
  return lose(now_ns, CameraState::kStalled, CameraFault::kLost, "stalled");
}

CameraStep CameraSupervisor::knocked(int64_t now_ns, bool somebody_listens) {
  if (running() || state_ == CameraState::kEnded) return {};
  if (!somebody_listens) {
    was_refused_ = true;
    knock_at_ns_ = now_ns + knock_interval_ns(away_ns(now_ns));
    return {};
  }
  if (was_refused_) return connect(now_ns);
  return {};
}

CameraStep CameraSupervisor::lose(int64_t now_ns, CameraState next, CameraFault fault,
                                  std::string reason) {
  if (state_ == CameraState::kLive) {
    away_since_ns_ = quiet_since_ns_;
    if (now_ns - live_since_ns_ >= kSteadyNs) losses_ = 0;
  } else {
    ++attempts_;
  }
  if (policy_.max_attempts >= 0 && attempts_ >= policy_.max_attempts) {
    return give_up(now_ns, std::move(reason));
  }
  state_ = next;
  retry_at_ns_ = now_ns + wait_ns(fault);
  was_refused_ = false;
  knock_at_ns_.reset();
  // At once: a camera that went down does not listen now, and may before long.
  if (policy_.knocks && fault == CameraFault::kLost) knock_at_ns_ = now_ns;
  CameraNotice::Kind kind = CameraNotice::Kind::kState;
  if (fault == CameraFault::kUnauthorized) {
    kind = CameraNotice::Kind::kAuth;
  } else if (!lost_said_) {
    kind = CameraNotice::Kind::kLost;
  }
  lost_said_ = true;
  return {CameraStep::Source::kStop, notice(kind, now_ns, std::move(reason)), false};
}

CameraStep CameraSupervisor::give_up(int64_t now_ns, std::string reason) {
  state_ = CameraState::kEnded;
  knock_at_ns_.reset();
  return {CameraStep::Source::kStop, notice(CameraNotice::Kind::kState, now_ns, std::move(reason)),
          true};
}

CameraNotice CameraSupervisor::notice(CameraNotice::Kind kind, int64_t now_ns,
                                      std::string reason) const {
  return {kind, state_, std::move(reason), away_ns(now_ns), reconnects_};
}

int64_t CameraSupervisor::wait_ns(CameraFault fault) {
  if (fault != CameraFault::kLost) {
    return static_cast<int64_t>(static_cast<double>(kRefusedRetryNs) * uniform(random_, 1, 1.2));
  }
  const int64_t step = policy_.retry_interval_ns > 0
                           ? policy_.retry_interval_ns
                           : kLadderNs[std::min(losses_, kLadderNs.size() - 1)];
  ++losses_;
  return static_cast<int64_t>(static_cast<double>(step) * uniform(random_, 0.8, 1.2));
}

void CameraSupervisor::pause() { paused_ = true; }

void CameraSupervisor::resume(int64_t now_ns) {
  paused_ = false;
  quiet_since_ns_ = now_ns;
}

void CameraSupervisor::held_up(int64_t now_ns) {
  if (running()) quiet_since_ns_ = now_ns;
}

std::optional<int64_t> CameraSupervisor::deadline_ns() const {
  if (!started_ || paused_ || state_ == CameraState::kEnded) return std::nullopt;
  if (!running()) return knock_at_ns_ ? std::min(*knock_at_ns_, retry_at_ns_) : retry_at_ns_;
  // A file may take as long as it likes: a slow disk, a downstream that waits.
  if (!policy_.live) return std::nullopt;
  return quiet_since_ns_ + patience_ns();
}

// After one frame nobody knows yet how seldom they come.
int64_t CameraSupervisor::patience_ns() const {
  if (state_ == CameraState::kConnecting || interval_count_ == 0) {
    return std::max(kConnectTimeoutNs, policy_.stall_timeout_ns);
  }
  const int64_t interval = median_interval_ns();
  return interval > kSecond ? std::max(policy_.stall_timeout_ns, 3 * interval)
                            : policy_.stall_timeout_ns;
}

// The median: one hiccup does not make a slow camera.
int64_t CameraSupervisor::median_interval_ns() const {
  std::array<int64_t, 5> sorted = intervals_ns_;
  const size_t count = std::min(interval_count_, sorted.size());
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
  return sorted[count / 2];
}

}  // namespace deepstack
