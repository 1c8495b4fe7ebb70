// WatchMetrics: what `deepstack watch --metrics` answers: /metrics for Prometheus, /healthz and
// /readyz for whoever restarts it. update() is for the main loop; the answers may be asked for by
// any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/time/clock.h"
#include "pipelines/http/status_server.h"
#include "pipelines/watch/camera_status.h"
#include "pipelines/watch/line_output.h"

namespace deepstack {

class WatchMetrics {
 public:
  // A main loop that was not there for longer is not well.
  static constexpr int64_t kLongestTickNs = 2'000'000'000;

  // names: of the cameras, which are being connected.
  WatchMetrics(std::string version, std::span<const std::string> names,
               std::shared_ptr<const Clock> clock);

  // At least once a second.
  void update(std::span<const CameraStatus> cameras, const LineOutput::State& output);

  StatusReply metrics() const;
  StatusReply healthz() const;  // 200: the main loop turns
  StatusReply readyz() const;   // 200: the model is loaded and a camera is live

 private:
  const std::string version_;
  const std::shared_ptr<const Clock> clock_;
  const double started_unix_s_;

  mutable std::mutex mutex_;  // a leaf; everything below
  std::vector<CameraStatus> cameras_;
  LineOutput::State output_;
  int64_t updated_ns_ = 0;
};

}  // namespace deepstack
