#include "pipelines/watch/status_board.h"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace deepstack {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::string back_after(const CameraStatus& status) {
  if (status.reconnects == 0) return "";
  char text[80];
  std::snprintf(text, sizeof text, ", away for %.1f s, reconnect %llu", status.away_s,
                static_cast<unsigned long long>(status.reconnects));
  return text;
}

std::string change_text(const CameraStatus& status) {
  std::string text = status.name + ": " + state_name(status.state);
  if (status.state == WatchState::kLive) return text + back_after(status);
  return status.reason.empty() ? text : text + ": " + status.reason;
}

}  // namespace

void StatusBoard::show(std::span<const CameraStatus> cameras, Size size) {
  for (const CameraStatus& status : cameras) {
    Camera& camera = cameras_[status.name];
    if (style_ == Style::kLines) tell_change(camera, status);
    count(camera, status);
  }
  if (style_ == Style::kBoard) draw(cameras, size);
}

// A state that lasts is told as soon as the budget has room; those that came and went in between
// are only counted.
void StatusBoard::tell_change(Camera& camera, const CameraStatus& status) {
  // A try is no news: what comes of it is.
  if (status.state == WatchState::kConnecting) return;
  const bool changed = status.state != camera.last;
  camera.last = status.state;
  if (status.state == camera.told) {
    if (changed) ++camera.changes_kept_back;
    return;
  }
  if (!camera.states.take(clock_->now_ns())) {
    if (changed) ++camera.changes_kept_back;
    return;
  }
  std::string text = change_text(status);
  // The change that is told now may have been among those kept back.
  const uint64_t untold = camera.changes_kept_back - (changed ? 0 : 1);
  if (untold > 0) text += " (" + std::to_string(untold) + " changes not shown)";
  camera.changes_kept_back = 0;
  camera.told = status.state;
  write_("deepstack: " + text + "\n");
}

void StatusBoard::count(Camera& camera, const CameraStatus& status) {
  const int64_t now_ns = clock_->now_ns();
  const int64_t passed_ns = now_ns - camera.counted_ns;
  if (passed_ns < kSecond) return;
  const double seconds = static_cast<double>(passed_ns) / 1e9;
  camera.frames_per_s = static_cast<double>(status.frames - camera.frames) / seconds;
  camera.analysed_per_s = static_cast<double>(status.analysed - camera.analysed) / seconds;
  camera.frames = status.frames;
  camera.analysed = status.analysed;
  camera.counted_ns = now_ns;
}

void StatusBoard::say(const std::string& camera, const std::string& text) {
  const std::optional<uint64_t> kept_back = cameras_[camera].remarks.take(clock_->now_ns());
  if (!kept_back) return;
  std::string line = "deepstack: " + camera + ": " + text;
  if (*kept_back > 0) line += " (" + std::to_string(*kept_back) + " remarks not shown)";
  if (style_ == Style::kLines) return write_(line + "\n");
  // Above the board, which is drawn again below it.
  std::string above;
  if (drawn_rows_ > 0) above = "\x1b[" + std::to_string(drawn_rows_) + "A";
  write_(above + "\r\x1b[J" + line + "\n" + drawn_);
}

std::string StatusBoard::board_line(const Camera& camera, const CameraStatus& status) const {
  char text[240];
  std::snprintf(text, sizeof text,
                "%-16s %-11s %5.1f fps  %5.1f analysed/s  %3llu in view  %5llu known  %6llu lines  "
                "%llu dropped  %llu reconnects",
                status.name.c_str(), state_name(status.state), camera.frames_per_s,
                camera.analysed_per_s, static_cast<unsigned long long>(status.tracks),
                static_cast<unsigned long long>(status.identities),
                static_cast<unsigned long long>(status.lines),
                static_cast<unsigned long long>(status.dropped),
                static_cast<unsigned long long>(status.reconnects));
  std::string line = text;
  if (status.state != WatchState::kLive && !status.reason.empty()) line += "  " + status.reason;
  return line;
}

// A line that wraps, or a board taller than the terminal, could not be gone back over.
void StatusBoard::draw(std::span<const CameraStatus> cameras, Size size) {
  const size_t columns = std::max<size_t>(size.columns, 20) - 1;
  const size_t rows = std::max<size_t>(size.rows, 3) - 1;
  const size_t shown = cameras.size() <= rows ? cameras.size() : rows - 1;
  std::string board;
  for (const CameraStatus& status : cameras.first(shown)) {
    board += board_line(cameras_[status.name], status).substr(0, columns) + "\x1b[K\n";
  }
  if (shown < cameras.size()) {
    board += "... and " + std::to_string(cameras.size() - shown) + " more\x1b[K\n";
  }
  if (board == drawn_) return;
  std::string back;
  if (drawn_rows_ > 0) back = "\x1b[" + std::to_string(drawn_rows_) + "A\r\x1b[J";
  write_(back + board);
  drawn_ = std::move(board);
  drawn_rows_ = shown + (shown < cameras.size() ? 1 : 0);
}

}  // namespace deepstack
