#include "pipelines/watch/watch_metrics.h"

#include <algorithm>
#include <utility>

#include "core/metrics/metrics_registry.h"
#include "core/metrics/stream_metrics.h"
#include "core/printable.h"

namespace deepstack {
namespace {

void write_camera(MetricsPage& page, const CameraStatus& camera) {
  const MetricLabels labels{{"camera", printable(camera.name)}};
  page.counter("deepstack_camera_reconnects_total", "Times that the camera came back.", labels,
               camera.reconnects);
  page.gauge("deepstack_camera_live", "1 while frames come.", labels,
             camera.state == WatchState::kLive ? 1 : 0);
}

}  // namespace

WatchMetrics::WatchMetrics(std::string version, std::span<const std::string> names,
                           std::shared_ptr<const Clock> clock)
    : version_(std::move(version)), clock_(std::move(clock)), started_unix_s_(clock_->unix_s()) {
  for (const std::string& name : names) cameras_.emplace_back().name = name;
  updated_ns_ = clock_->now_ns();
}

void WatchMetrics::update(std::span<const CameraStatus> cameras, const LineOutput::State& output) {
  const std::lock_guard lock(mutex_);
  cameras_.assign(cameras.begin(), cameras.end());
  output_ = output;
  updated_ns_ = clock_->now_ns();
}

StatusReply WatchMetrics::metrics() const {
  MetricsPage page;
  write_build(page, version_);
  page.gauge("deepstack_start_time_seconds", "When the program was started, UNIX time.", {},
             started_unix_s_);
  MetricsRegistry::process().collect(page);
  const std::lock_guard lock(mutex_);
  for (const CameraStatus& camera : cameras_) write_camera(page, camera);
  page.counter("deepstack_output_lines_total", "Events written to the output.", {}, output_.lines);
  page.counter("deepstack_output_lost_total", "Events that the output could not take.", {},
               output_.lost);
  return {200, page.text(), MetricsPage::kContentType};
}

StatusReply WatchMetrics::healthz() const {
  const std::lock_guard lock(mutex_);
  const int64_t since_ns = clock_->now_ns() - updated_ns_;
  if (since_ns < kLongestTickNs) return {200, "ok\n"};
  return {503,
          "the main loop has not turned for " + std::to_string(since_ns / 1'000'000) + " ms\n"};
}

StatusReply WatchMetrics::readyz() const {
  const std::lock_guard lock(mutex_);
  const auto live = std::count_if(cameras_.begin(), cameras_.end(), [](const auto& camera) {
    return camera.state == WatchState::kLive;
  });
  if (live > 0) return {200, "ok\n"};
  return {503, "none of " + std::to_string(cameras_.size()) + " cameras is live\n"};
}

}  // namespace deepstack
