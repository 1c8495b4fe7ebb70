// CameraSupervisor: decides when a camera is lost, when to try again and what to say about it. It
// has no thread, no clock and no camera: the owner tells it what happened and when (monotonic ns),
// does what the returned step says, and calls tick() at deadline_ns().
//
// - EOS or an error of a live source is a loss; only a source that is not live can end.
// - A camera that is silent for the stall timeout is lost, even if its connection stands. Below one
//   frame a second it may be silent for three frame intervals.
// - Retries wait 1, 1, 2, 5, 10, then 30 s, each +-20 %, counted anew after 10 s of frames. A
// camera
//   that refuses us (401, 403, 404) is asked every 30 s at most: it may lock us out.
// - While nobody listens at its address, the owner knocks (a TCP connection, no more). When that is
//   answered, the camera is back and the wait is over. One that answers from the start is left
//   alone.
// - A tick that comes late says that this process stood still, not the camera: it is skipped once,
// so
//   that a busy machine does not restart all of its cameras.
//
// Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace deepstack {

enum class CameraState { kConnecting, kLive, kStalled, kBackoff, kAuthFailed, kEnded };

// "connecting", "live", "stalled", "backoff", "auth-failed", "ended".
const char* camera_state_name(CameraState state);

enum class CameraFault {
  kLost,          // connection, stream or server gone
  kUnauthorized,  // 401, 403
  kNotFound,      // 404
  kUnusable,      // no decoder, no video
};

struct CameraPolicy {
  int64_t stall_timeout_ns = 2'000'000'000;
  int64_t retry_interval_ns = 0;  // 0: 1, 1, 2, 5, 10, 30 s; else always this
  int64_t max_attempts = -1;      // failed in a row; -1: no limit
  bool live = true;               // false: a file; EOS and errors are the end
  bool knocks = true;             // the address can be knocked at
  uint32_t seed = 0;              // of the jitter
};

struct CameraNotice {
  enum class Kind { kState, kLost, kBack, kAuth };
  Kind kind = Kind::kState;
  CameraState state = CameraState::kConnecting;
  std::string reason;
  int64_t away_ns = 0;      // since its last frame, or since it was first asked for one
  uint64_t reconnects = 0;  // times it came back
};

struct CameraStep {
  enum class Source { kKeep, kStart, kStop, kKnock };
  Source source = Source::kKeep;
  std::optional<CameraNotice> notice;
  bool gave_up = false;  // for good, and not because it ended
};

class CameraSupervisor {
 public:
  static constexpr int64_t kConnectTimeoutNs = 10'000'000'000;  // to the second frame
  static constexpr int64_t kSteadyNs = 10'000'000'000;
  static constexpr int64_t kRefusedRetryNs = 30'000'000'000;
  static constexpr int64_t kLateNs = 500'000'000;

  explicit CameraSupervisor(const CameraPolicy& policy);

  CameraStep start(int64_t now_ns);
  CameraStep frame(int64_t now_ns);
  CameraStep ended(int64_t now_ns);
  CameraStep failed(int64_t now_ns, CameraFault fault, std::string reason);
  CameraStep tick(int64_t now_ns);
  // The answer to kKnock.
  CameraStep knocked(int64_t now_ns, bool somebody_listens);

  // No deadline until resume(): the pipeline is paused.
  void pause();
  void resume(int64_t now_ns);
  // The next elements do not take what the camera sends: its silence is not its own.
  void held_up(int64_t now_ns);
  // Known from the first frame on: this source is not live after all.
  void set_live(bool live) { policy_.live = live; }

  // When to call tick(); nothing while there is nothing to wait for.
  std::optional<int64_t> deadline_ns() const;

  CameraState state() const { return state_; }
  bool away() const { return away_since_ns_.has_value(); }
  int64_t away_ns(int64_t now_ns) const { return away() ? now_ns - *away_since_ns_ : 0; }
  uint64_t reconnects() const { return reconnects_; }
  uint64_t frames() const { return frames_; }
  uint64_t stalls() const { return stalls_; }
  uint64_t ticks_skipped() const { return ticks_skipped_; }

 private:
  bool running() const {
    return state_ == CameraState::kConnecting || state_ == CameraState::kLive;
  }
  CameraStep lose(int64_t now_ns, CameraState next, CameraFault fault, std::string reason);
  CameraStep connect(int64_t now_ns);
  CameraStep give_up(int64_t now_ns, std::string reason);
  CameraNotice notice(CameraNotice::Kind kind, int64_t now_ns, std::string reason) const;
  int64_t wait_ns(CameraFault fault);
  int64_t patience_ns() const;
  int64_t median_interval_ns() const;

  CameraPolicy policy_;
  std::mt19937 random_;
  CameraState state_ = CameraState::kConnecting;
  bool started_ = false;
  bool paused_ = false;

  std::optional<int64_t> away_since_ns_;
  bool lost_said_ = false;
  int64_t quiet_since_ns_ = 0;  // the last sign of life
  int64_t live_since_ns_ = 0;
  int64_t retry_at_ns_ = 0;
  std::optional<int64_t> knock_at_ns_;
  bool was_refused_ = false;  // a knock of this wait
  size_t losses_ = 0;         // since it was last steady; where on the ladder we are
  int64_t attempts_ = 0;      // failed in a row
  std::array<int64_t, 5> intervals_ns_{};
  size_t interval_count_ = 0;

  uint64_t reconnects_ = 0;
  uint64_t frames_ = 0;
  uint64_t stalls_ = 0;
  uint64_t ticks_skipped_ = 0;
};

}  // namespace deepstack
