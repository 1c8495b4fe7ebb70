// WatchSession: a whole run of `deepstack watch`: the cameras, the main loop, signals, the drain,
// and what is told to people and to systemd. One thread; its default main context is used.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/status.h"
#include "pipelines/watch/line_output.h"
#include "pipelines/watch/service_notice.h"
#include "pipelines/watch/status_board.h"
#include "pipelines/watch/watch_metrics.h"
#include "pipelines/watch/watch_options.h"
#include "pipelines/watch/watched_camera.h"

namespace deepstack {

class WatchSession {
 public:
  // options.names are complete. The references outlive it.
  WatchSession(const WatchOptions& options, LineOutput& output, StatusBoard& board,
               ServiceNotice& notice, WatchMetrics& metrics);
  ~WatchSession();
  WatchSession(const WatchSession&) = delete;
  WatchSession& operator=(const WatchSession&) = delete;

  // Until all inputs are over, or a signal came and the rest was written. When that takes longer
  // than the drain may, the rest is given up; threads that do not end then are left to exit().
  Status run();

  // Any thread: look at the output again.
  void output_changed();

 private:
  void refresh();
  void on_change();
  void look_at_output();
  void begin_drain();
  void watch_signal(int number);
  void every(unsigned milliseconds, std::function<void()> action);
  void give_up();
  Status result() const;
  std::string summary() const;

  const WatchOptions& options_;
  LineOutput& output_;
  StatusBoard& board_;
  ServiceNotice& notice_;
  WatchMetrics& metrics_;
  Owned<GMainLoop> loop_;
  std::vector<std::unique_ptr<WatchedCamera>> cameras_;
  std::vector<unsigned> signal_sources_;
  std::vector<unsigned> timers_;
  std::string told_service_;
  std::string told_failure_;  // of the output
  std::string given_up_;      // why the drain did not come to its end
  bool draining_ = false;
};

}  // namespace deepstack
