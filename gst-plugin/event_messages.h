// EventMessages: events on the bus, for applications that do not link the pad `events`: element
// messages named deepstack-event with the fields `event` (its name), `json` (the whole line),
// `running-time` and `skipped` (messages kept back before this one). As a bus has no bound and is
// read by the application's main loop, `update` events, one a frame, are not among them, and of the
// others at most 20 a second are.
//
// post() is for the events task; anybody may switch.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>

#include "core/event/event_queue.h"
#include "core/time/clock.h"
#include "core/time/rate_budget.h"

namespace deepstack::gst {

class EventMessages {
 public:
  // The element outlives this.
  explicit EventMessages(GstElement* element,
                         std::shared_ptr<const Clock> clock = std::make_shared<SteadyClock>())
      : element_(element), clock_(std::move(clock)) {}

  bool enabled() const { return enabled_; }
  void set_enabled(bool enabled) { enabled_ = enabled; }

  void post(const EventLine& line);

 private:
  GstElement* const element_;
  const std::shared_ptr<const Clock> clock_;
  std::atomic<bool> enabled_ = true;  // as `level`, `spectrum` and `zbar` do
  RateBudget budget_{20, 1'000'000'000};
};

}  // namespace deepstack::gst
