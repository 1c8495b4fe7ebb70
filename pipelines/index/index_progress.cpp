#include "pipelines/index/index_progress.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/printable.h"

namespace deepstack {
namespace {

constexpr int kBarCells = 30;

std::chrono::milliseconds period(IndexProgress::Form form) {
  using namespace std::chrono_literals;
  switch (form) {
    case IndexProgress::Form::kBar:
      return 200ms;
    case IndexProgress::Form::kJson:
      return 1s;
    case IndexProgress::Form::kLines:
      break;
  }
  return 10s;
}

// An empty file is work, too: a little.
double bytes_of(const Recording& recording) {
  return static_cast<double>(std::max<uint64_t>(recording.bytes, 1));
}

std::string duration(double seconds) {
  if (seconds < 0) return "-:--";
  const auto whole = static_cast<long long>(std::llround(seconds));
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace

IndexProgress::IndexProgress(std::FILE* to, Form form, const std::vector<Recording>& recordings)
    : to_(to), form_(form), files_(recordings.size()) {
  for (const Recording& recording : recordings) {
    bytes_ += std::max<uint64_t>(recording.bytes, 1);
  }
}

IndexProgress::~IndexProgress() {
  if (bar_shown_) std::fputc('\n', to_);
}

void IndexProgress::begin(const Recording& recording, double share) {
  const std::lock_guard lock(mutex_);
  open_[recording.path.string()] = share * bytes_of(recording);
  given_bytes_ += share * bytes_of(recording);
  show(false);
}

void IndexProgress::advance(const Recording& recording, double share) {
  const std::lock_guard lock(mutex_);
  ++frames_;
  double& bytes = open_[recording.path.string()];
  bytes = std::max(bytes, std::min(share, 1.0) * bytes_of(recording));
  show(false);
}

void IndexProgress::end(const Recording& recording, End how, const std::string& why) {
  const std::lock_guard lock(mutex_);
  const auto open = open_.find(recording.path.string());
  const double before = open == open_.end() ? 0 : open->second;
  if (open != open_.end()) open_.erase(open);
  ++closed_files_;
  closed_bytes_ += bytes_of(recording);
  if (how != End::kDone) given_bytes_ += bytes_of(recording) - before;
  const std::string name = printable(recording.path.string());
  const char* word = how == End::kDone ? "done" : how == End::kSkipped ? "skipped" : "failed";
  if (form_ == Form::kJson) {
    say(nlohmann::ordered_json{{"event", word}, {"file", name}, {"reason", printable(why)}}.dump());
  } else if (how == End::kFailed) {
    say("deepstack: skipped: " + why);
  } else if (form_ == Form::kLines) {
    say(name + ": " + (why.empty() ? word : why));
  }
  show(closed_files_ == files_);
}

int64_t IndexProgress::frames() const {
  const std::lock_guard lock(mutex_);
  return frames_;
}

IndexProgress::Now IndexProgress::now() const {
  Now now{.files = closed_files_, .name = {}};
  double bytes = closed_bytes_;
  for (const auto& [path, done] : open_) {
    bytes += done;
    if (now.name.empty()) now.name = std::filesystem::path(path).filename().string();
  }
  const std::chrono::duration<double> elapsed = Steady::now() - started_;
  now.share = bytes_ == 0 ? 1 : std::min(1.0, bytes / static_cast<double>(bytes_));
  now.fps = static_cast<double>(frames_) / std::max(elapsed.count(), 1e-3);
  const double worked = bytes - given_bytes_;
  if (worked > 0) now.eta_s = elapsed.count() * (static_cast<double>(bytes_) - bytes) / worked;
  return now;
}

void IndexProgress::show(bool at_once) {
  if (!at_once && Steady::now() < due_) return;
  due_ = Steady::now() + period(form_);
  const Now state = now();
  if (form_ == Form::kBar) return show_bar(state);
  if (form_ == Form::kJson) return show_json(state);
  char line[160];
  std::snprintf(line, sizeof line, "%llu of %llu files, %.1f %%, %.1f frames/s, %s to go",
                static_cast<unsigned long long>(state.files),
                static_cast<unsigned long long>(files_), 100 * state.share, state.fps,
                duration(state.eta_s).c_str());
  say(line);
}

void IndexProgress::show_bar(const Now& now) {
  const int full = static_cast<int>(std::lround(now.share * kBarCells));
  const std::string bar = std::string(static_cast<size_t>(full), '#') +
                          std::string(static_cast<size_t>(kBarCells - full), '.');
  std::fprintf(to_, "\r\033[K[%s] %5.1f %%  %llu/%llu files  %.1f frames/s  ETA %s  %.24s",
               bar.c_str(), 100 * now.share, static_cast<unsigned long long>(now.files),
               static_cast<unsigned long long>(files_), now.fps, duration(now.eta_s).c_str(),
               printable(now.name).c_str());
  std::fflush(to_);
  bar_shown_ = true;
}

void IndexProgress::show_json(const Now& now) {
  nlohmann::ordered_json line{{"event", "progress"}, {"files_done", now.files},
                              {"files", files_},     {"percent", std::round(1000 * now.share) / 10},
                              {"frames", frames_},   {"fps", std::round(10 * now.fps) / 10},
                              {"eta_s", nullptr}};
  if (now.eta_s >= 0) line["eta_s"] = std::round(now.eta_s);
  say(line.dump());
}

void IndexProgress::say(const std::string& line) {
  if (bar_shown_) std::fputs("\r\033[K", to_);
  std::fprintf(to_, "%s\n", line.c_str());
  std::fflush(to_);
  bar_shown_ = false;
}

}  // namespace deepstack
