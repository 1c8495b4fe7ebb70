// PublishSettings: where events go and how, as a user wrote it; PublishPlan: the same, checked: the
// address without credentials, the credentials, and what hides them. Values.
#pragma once

#include <cstdint>
#include <string>

#include "core/camera/redact.h"
#include "core/publish/publish_address.h"
#include "core/status.h"

namespace deepstack {

struct PublishSettings {
  std::string uri{};
  std::string user_id{};
  std::string user_pw{};
  std::string credentials_file{};
  std::string ca_file{};    // PEM; "" = the system's
  std::string cert_file{};  // PEM, of this client
  std::string key_file{};
  std::string client_id{};           // "" = one at random
  std::string availability_topic{};  // MQTT; "" = beside the events' topics
  uint64_t rotate_bytes = 0;         // of a file; 0 = only when its name changes
  int sync_interval_ms = 1000;       // of a file; -1 = when the system likes
  std::string spool_location{};      // "" = in memory only
  uint64_t spool_max_items = 10'000;
  uint64_t spool_max_bytes = 16 << 20;
};

struct PublishPlan {
  PublishSettings settings;
  PublishAddress address;
  std::string user;
  std::string password;
  Redactor redactor;

  bool uses_tls() const {
    return address.kind == PublishKind::kMqtts ||
           (address.kind == PublishKind::kKafka &&
            !(settings.ca_file.empty() && settings.cert_file.empty()));
  }
};

// Reads the credentials file. Credentials of the file win over user_id and user_pw, those over the
// URI's. kInvalid or kNotFound, with one line that names what is wrong and shows no password.
Result<PublishPlan> plan_publishing(const PublishSettings& settings);

}  // namespace deepstack
