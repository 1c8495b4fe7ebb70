// KafkaPublisher: lines to Kafka by librdkafka: an idempotent producer, so that the broker keeps
// the order and nothing twice however often it was sent; the camera is the key, so that all of a
// camera lies in one partition. librdkafka finds its brokers again by itself.
#pragma once

#include <string>

#include "core/publish/event_publisher.h"

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_message_s;

namespace deepstack {

class KafkaPublisher final : public EventPublisher {
 public:
  KafkaPublisher(const PublishPlan& plan, DeliveryListener& listener)
      : plan_(plan), listener_(listener) {}
  ~KafkaPublisher() override { close(); }
  KafkaPublisher(const KafkaPublisher&) = delete;
  KafkaPublisher& operator=(const KafkaPublisher&) = delete;

  Status check() override;
  void open() override;
  void send(uint64_t number, const std::string& json) override;
  int64_t serve(int64_t now_ns) override;
  void close() override;
  size_t window() const override { return 500; }

 private:
  struct Calls;  // the functions that librdkafka calls, in serve(); has_news() from its threads

  Result<rd_kafka_s*> make_producer();
  void on_report(const rd_kafka_message_s* message);
  void on_error(int code, const char* reason);

  const PublishPlan plan_;
  DeliveryListener& listener_;
  rd_kafka_s* producer_ = nullptr;
  std::string last_reason_;
};

}  // namespace deepstack
