// StdoutPublisher: lines to stdout, for pipes. A reader that is slow makes send() wait.
#pragma once

#include "core/publish/event_publisher.h"

namespace deepstack {

class StdoutPublisher final : public EventPublisher {
 public:
  explicit StdoutPublisher(DeliveryListener& listener);
  ~StdoutPublisher() override;
  StdoutPublisher(const StdoutPublisher&) = delete;
  StdoutPublisher& operator=(const StdoutPublisher&) = delete;

  Status check() override;
  void open() override { listener_.opened(); }
  void send(uint64_t number, const std::string& json) override;
  void close() override {}
  void interrupt() override;
  size_t window() const override { return 1; }

 private:
  int wait_for_reader() const;
  int write_all(std::string_view text) const;

  DeliveryListener& listener_;
  const int fd_;
  const int interrupt_fd_;  // an eventfd: readable once interrupted
};

}  // namespace deepstack
