// StatusBoard: what people see of the cameras while `deepstack watch` runs. On a terminal a line a
// camera that rewrites itself; else (a file, the journal) a line when a camera's state changes, at
// most three a minute a camera: the last state is always told in the end, and how many were left
// out. Decides what is written and when; does not write itself. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/time/clock.h"
#include "core/time/rate_budget.h"
#include "pipelines/watch/camera_status.h"

namespace deepstack {

class StatusBoard {
 public:
  enum class Style { kLines, kBoard };
  struct Size {
    size_t columns = 80;
    size_t rows = 24;
  };
  using Write = std::function<void(std::string_view)>;

  StatusBoard(Style style, std::shared_ptr<const Clock> clock, Write write)
      : style_(style), clock_(std::move(clock)), write_(std::move(write)) {}

  // As often as there is something new, and once a second.
  void show(std::span<const CameraStatus> cameras, Size size);

  // A line about a camera beside its state (a warning), at most three a minute a camera.
  void say(const std::string& camera, const std::string& text);

 private:
  struct Camera {
    WatchState told = WatchState::kConnecting;
    RateBudget states{3, kMinute};
    RateBudget remarks{3, kMinute};
    uint64_t changes_kept_back = 0;
    WatchState last = WatchState::kConnecting;
    // The rates are of the time since the counters before.
    int64_t counted_ns = 0;
    uint64_t frames = 0;
    uint64_t analysed = 0;
    double frames_per_s = 0;
    double analysed_per_s = 0;
  };
  static constexpr int64_t kMinute = 60'000'000'000;

  void tell_change(Camera& camera, const CameraStatus& status);
  void count(Camera& camera, const CameraStatus& status);
  void draw(std::span<const CameraStatus> cameras, Size size);
  std::string board_line(const Camera& camera, const CameraStatus& status) const;

  const Style style_;
  const std::shared_ptr<const Clock> clock_;
  const Write write_;
  std::map<std::string, Camera> cameras_;  // by name; one an input
  std::string drawn_;                      // the board as it stands on the terminal
  size_t drawn_rows_ = 0;
};

}  // namespace deepstack
