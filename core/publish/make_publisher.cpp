#include "core/publish/event_publisher.h"
#include "core/publish/file_publisher.h"
#include "core/publish/kafka_publisher.h"
#include "core/publish/mqtt_publisher.h"
#include "core/publish/stdout_publisher.h"

namespace deepstack {

std::unique_ptr<EventPublisher> make_publisher(const PublishPlan& plan,
                                               DeliveryListener& listener) {
  switch (plan.address.kind) {
    case PublishKind::kMqtt:
    case PublishKind::kMqtts:
      return std::make_unique<MqttPublisher>(plan, listener);
    case PublishKind::kKafka:
      return std::make_unique<KafkaPublisher>(plan, listener);
    case PublishKind::kFile:
      return std::make_unique<FilePublisher>(plan, listener);
    case PublishKind::kStdout:
      return std::make_unique<StdoutPublisher>(listener);
  }
  return nullptr;
}

}  // namespace deepstack
