// CameraStatus: how one input of `deepstack watch` is, for people. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deepstack {

enum class WatchState {
  kConnecting,  // never live so far
  kLive,        // frames come; a file is read
  kStalled,     // connected, but no frame comes
  kBackoff,     // lost; waits for the next try
  kAuthFailed,  // refuses user or password; tried again, but rarely
  kDraining,    // asked to stop: what is under way is written
  kEnded,
  kFailed,  // given up
};

const char* state_name(WatchState state);

// The state that the message `deepstack-camera` calls by this word.
std::optional<WatchState> state_of(std::string_view word);

inline bool is_over(WatchState state) {
  return state == WatchState::kEnded || state == WatchState::kFailed;
}

struct CameraStatus {
  std::string name;
  WatchState state = WatchState::kConnecting;
  std::string reason;  // why it is not live; one line without secrets
  uint64_t frames = 0;
  uint64_t analysed = 0;
  uint64_t dropped = 0;
  uint64_t lines = 0;       // events written
  uint64_t tracks = 0;      // in view
  uint64_t identities = 0;  // known, of all that share the gallery
  uint64_t reconnects = 0;
  double away_s = 0;  // how long it was away, when it is back
};

}  // namespace deepstack
