// StdoutPublisher: lines to stdout, for pipes. A reader that is slow makes send() wait.
#pragma once

#include "core/interruptible_writer.h"
#include "core/publish/event_publisher.h"

namespace deepstack {

class StdoutPublisher final : public EventPublisher {
 public:
  explicit StdoutPublisher(DeliveryListener& listener);

  Status check() override;
  void open() override { listener_.opened(); }
  void send(uint64_t number, const std::string& json) override;
  void close() override {}
  void interrupt() override { writer_.interrupt(); }
  size_t window() const override { return 1; }

 private:
  DeliveryListener& listener_;
  const InterruptibleWriter writer_;
};

}  // namespace deepstack
