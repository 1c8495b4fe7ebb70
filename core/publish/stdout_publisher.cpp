#include "core/publish/stdout_publisher.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

namespace deepstack {

StdoutPublisher::StdoutPublisher(DeliveryListener& listener)
    : listener_(listener), writer_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {}

Status StdoutPublisher::check() {
  if (writer_.is_open()) return {};
  return {StatusCode::kUnavailable, "uri -: stdout cannot be written"};
}

void StdoutPublisher::send(uint64_t number, const std::string& json) {
  const int error = writer_.write(json + "\n");
  if (error == 0) return listener_.delivered(number);
  listener_.lost({PublishFailure::Kind::kLost,
                  "stdout cannot be written: " + std::generic_category().message(error)});
}

}  // namespace deepstack
