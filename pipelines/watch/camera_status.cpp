#include "pipelines/watch/camera_status.h"

#include <array>
#include <utility>

namespace deepstack {
namespace {

constexpr std::array<std::pair<WatchState, const char*>, 8> kNames{{
    {WatchState::kConnecting, "connecting"},
    {WatchState::kLive, "live"},
    {WatchState::kStalled, "stalled"},
    {WatchState::kBackoff, "backoff"},
    {WatchState::kAuthFailed, "auth-failed"},
    {WatchState::kDraining, "draining"},
    {WatchState::kEnded, "ended"},
    {WatchState::kFailed, "failed"},
}};

}  // namespace

const char* state_name(WatchState state) {
  for (const auto& [known, name] : kNames) {
    if (known == state) return name;
  }
  return "unknown";
}

std::optional<WatchState> state_of(std::string_view word) {
  for (const auto& [state, name] : kNames) {
    if (word == name) return state;
  }
  return {};
}

}  // namespace deepstack
