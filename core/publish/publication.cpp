#include "core/publish/publication.h"

#include <utility>

#include "core/metrics/publish_metrics.h"
#include "core/publish/publish_loop.h"

namespace deepstack {

Result<std::unique_ptr<Publication>> Publication::open(const PublishSettings& settings,
                                                       OnNotice on_notice) {
  Result<PublishPlan> plan = plan_publishing(settings);
  if (!plan.ok()) return plan.status();
  Result<std::shared_ptr<PublishLoop>> loop = PublishLoop::make(
      *plan, [&plan](DeliveryListener& listener) { return make_publisher(*plan, listener); },
      std::move(on_notice));
  if (!loop.ok()) return loop.status();
  return std::unique_ptr<Publication>(new Publication(*std::move(loop)));
}

void Publication::start() {
  publishing_ = std::make_unique<LeavableThread>([loop = loop_] { loop->publish(); });
  keeping_ = std::make_unique<LeavableThread>([loop = loop_] { loop->keep(); });
  counted_ = MetricsRegistry::process().add(
      stats().uri, [loop = loop_](MetricsPage& page, const std::string& sink) {
        write_publication(page, sink, loop->stats());
      });
}

void Publication::put(std::string line) { loop_->put(std::move(line)); }

uint64_t Publication::drain(std::chrono::milliseconds patience) { return loop_->drain(patience); }

void Publication::interrupt() { loop_->set_interrupted(true); }
void Publication::resume() { loop_->set_interrupted(false); }

void Publication::stop() {
  if (publishing_ == nullptr) return;
  counted_ = {};
  loop_->stop_publishing();
  publishing_->leave(kPatience);
  loop_->stop_keeping();
  keeping_->leave(kPatience);
  publishing_.reset();
  keeping_.reset();
}

PublishStats Publication::stats() const { return loop_->stats(); }

}  // namespace deepstack
