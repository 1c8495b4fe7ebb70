#include "pipelines/watch/watch_session.h"

#include <glib-unix.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace deepstack {
namespace {

constexpr unsigned kTick_ms = 1000;
constexpr unsigned kStopPatience_ms = 1000;

StatusBoard::Size terminal_size() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

gboolean run_action(gpointer action) {
  (*static_cast<std::function<void()>*>(action))();
  return G_SOURCE_CONTINUE;
}

void delete_action(gpointer action) { delete static_cast<std::function<void()>*>(action); }

}  // namespace

WatchSession::WatchSession(const WatchOptions& options, LineOutput& output, StatusBoard& board,
                           ServiceNotice& notice, WatchMetrics& metrics)
    : options_(options),
      output_(output),
      board_(board),
      notice_(notice),
      metrics_(metrics),
      loop_(g_main_loop_new(nullptr, FALSE)) {}

WatchSession::~WatchSession() {
  for (const unsigned source : signal_sources_) g_source_remove(source);
  for (const unsigned timer : timers_) g_source_remove(timer);
}

Status WatchSession::run() {
  for (size_t i = 0; i < options_.inputs.size(); ++i) {
    const std::string& name = options_.names[i];
    WatchedCamera::Callbacks callbacks{
        [this] { on_change(); }, [this, name](const std::string& text) { board_.say(name, text); }};
    Result<std::unique_ptr<WatchedCamera>> camera =
        WatchedCamera::create(options_, i, output_, std::move(callbacks));
    if (!camera.ok()) return {camera.status().code(), name + ": " + camera.status().message()};
    cameras_.push_back(*std::move(camera));
  }
  watch_signal(SIGINT);
  watch_signal(SIGTERM);
  every(kTick_ms, [this] { refresh(); });
  if (const auto interval = notice_.alive_interval()) {
    every(static_cast<unsigned>(interval->count()), [this] { notice_.alive(); });
  }
  for (const auto& camera : cameras_) camera->start();
  notice_.ready();
  refresh();
  g_main_loop_run(loop_.get());
  refresh();
  return result();
}

void WatchSession::every(unsigned milliseconds, std::function<void()> action) {
  timers_.push_back(g_timeout_add_full(G_PRIORITY_DEFAULT, milliseconds, run_action,
                                       new std::function<void()>(std::move(action)),
                                       delete_action));
}

void WatchSession::watch_signal(int number) {
  signal_sources_.push_back(g_unix_signal_add(
      number,
      [](gpointer self) -> gboolean {
        static_cast<WatchSession*>(self)->begin_drain();
        return G_SOURCE_CONTINUE;
      },
      this));
}

// A second signal ends the process: without these sources it does what signals do.
void WatchSession::begin_drain() {
  for (const unsigned source : std::exchange(signal_sources_, {})) g_source_remove(source);
  if (std::exchange(draining_, true)) return;
  notice_.stopping();
  every(static_cast<unsigned>(options_.drain_timeout_s * 1e3), [this] { give_up(); });
  for (const auto& camera : cameras_) camera->drain();
}

// A reader that hangs is waited for no longer, which lets the pipelines end. A model that hangs
// does not: then the process ends without them, half a second of what was learnt is not stored.
void WatchSession::give_up() {
  if (!given_up_.empty()) return;
  std::string names;
  for (const auto& camera : cameras_) {
    if (!camera->stopped()) names += (names.empty() ? "" : ", ") + camera->refresh().name;
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3g", options_.drain_timeout_s);
  given_up_ = "not drained after " + std::string(seconds) + " s, events may be missing: " + names;
  every(kStopPatience_ms, [this] {
    std::fprintf(stderr, "deepstack: %s\n", given_up_.c_str());
    std::_Exit(1);
  });
  output_.interrupt();
  for (const auto& camera : cameras_) camera->stop();
}

void WatchSession::on_change() {
  refresh();
  const bool over = std::all_of(cameras_.begin(), cameras_.end(),
                                [](const auto& camera) { return camera->stopped(); });
  if (over) g_main_loop_quit(loop_.get());
}

void WatchSession::refresh() {
  std::vector<CameraStatus> all;
  for (const auto& camera : cameras_) all.push_back(camera->refresh());
  metrics_.update(all, output_.state());
  // Its only failure is the error that ends the run: told once.
  if (all.size() == 1 && all.front().state == WatchState::kFailed) return;
  board_.show(all, terminal_size());
  if (std::string line = summary(); line != told_service_) {
    notice_.status(line);
    told_service_ = std::move(line);
  }
}

void WatchSession::output_changed() {
  g_idle_add_once([](gpointer self) { static_cast<WatchSession*>(self)->look_at_output(); }, this);
}

void WatchSession::look_at_output() {
  const LineOutput::State state = output_.state();
  if (state.broken) return begin_drain();
  if (state.failure == told_failure_) return;
  board_.say("output", state.failure.empty()
                           ? "is written again, " + std::to_string(state.lost) + " lines are lost"
                           : state.failure + ", lines are lost until it can");
  told_failure_ = state.failure;
}

std::string WatchSession::summary() const {
  size_t live = 0;
  std::string away;
  for (const auto& camera : cameras_) {
    const CameraStatus& status = camera->refresh();
    if (status.state == WatchState::kLive) {
      ++live;
    } else {
      away +=
          std::string(away.empty() ? "; " : ", ") + status.name + " " + state_name(status.state);
    }
  }
  return std::to_string(live) + " of " + std::to_string(cameras_.size()) + " cameras live" + away;
}

Status WatchSession::result() const {
  if (!given_up_.empty()) return {StatusCode::kUnavailable, given_up_};
  const LineOutput::State state = output_.state();
  if (state.broken) return {StatusCode::kUnavailable, state.failure};
  std::string failed;
  size_t others = 0;
  for (const auto& camera : cameras_) {
    const CameraStatus& status = camera->refresh();
    if (status.state != WatchState::kFailed) continue;
    if (failed.empty()) {
      failed = status.name + ": " + status.reason;
    } else {
      ++others;
    }
  }
  if (!failed.empty()) {
    if (others > 0) failed += " (and " + std::to_string(others) + " more failed)";
    return {StatusCode::kUnavailable, failed};
  }
  if (state.lost > 0) {
    return {StatusCode::kUnavailable, std::to_string(state.lost) + " lines could not be written"};
  }
  return {};
}

}  // namespace deepstack
