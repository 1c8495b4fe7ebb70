// Publication: lines of events on their way to a broker, a file or stdout: in order, each at least
// once, however often the broker goes away. put() appends to a bounded queue in memory and never
// waits for more than that; two threads do the rest, one publishes, one keeps the disk (ADR 8) and
// says what there is to say.
//
// What is delivered within kStoreDelay never touches the disk. A process that is killed has lost
// what was younger than that; the others, and perhaps some that had arrived, are sent by the next
// Publication with the same spool_location.
//
// Owned and started by one thread; put(), drain() and stats() by any.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/leavable_thread.h"
#include "core/metrics/metrics_registry.h"
#include "core/publish/publish_health.h"
#include "core/publish/publish_settings.h"
#include "core/publish/publish_stats.h"
#include "core/status.h"

namespace deepstack {

class PublishLoop;

class Publication {
 public:
  // Called by a thread of the publication, with no lock held; perhaps still while stop() left it.
  using OnNotice = std::function<void(const PublishNotice&, const PublishStats&)>;

  static constexpr std::chrono::milliseconds kStoreDelay{200};
  // How long stop() waits for a broker, and again for the disk; then the thread is left.
  static constexpr std::chrono::milliseconds kPatience{2000};

  // Checks all that can be checked without the broker; reads the spool.
  static Result<std::unique_ptr<Publication>> open(const PublishSettings& settings,
                                                   OnNotice on_notice);
  ~Publication() { stop(); }
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  void start();
  // One JSON object without the line end.
  void put(std::string line);
  // Waits until all is delivered, or patience is over, or interrupt() is called. Returns how many
  // lines are left, and says it when there are any.
  uint64_t drain(std::chrono::milliseconds patience);
  void interrupt();
  void resume();  // drain() waits again
  // What is left is written to the spool.
  void stop();

  PublishStats stats() const;

 private:
  explicit Publication(std::shared_ptr<PublishLoop> loop) : loop_(std::move(loop)) {}

  std::shared_ptr<PublishLoop> loop_;
  std::unique_ptr<LeavableThread> publishing_;
  std::unique_ptr<LeavableThread> keeping_;
  MetricsRegistry::Registration counted_;  // while it is started
};

}  // namespace deepstack
