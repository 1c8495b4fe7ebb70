// PublishAddress: where events go, as people write it:
//
//   mqtt://[user:password@]host[:1883][/topic/{source}/{event}]     mqtts:// likewise, port 8883
//   kafka://[user:password@]host[:9092][,host...][/topic]
//   file:///folder/name-{date}.jsonl                                the path is taken as it is
//   -                                                               stdout
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/publish/text_template.h"
#include "core/status.h"

namespace deepstack {

enum class PublishKind { kMqtt, kMqtts, kKafka, kFile, kStdout };

struct PublishAddress {
  PublishKind kind = PublishKind::kStdout;
  std::string shown;               // without userinfo
  std::vector<std::string> hosts;  // host:port; one but for Kafka
  TextTemplate target;             // topic or path
  std::string user;                // percent-decoded; "" when none
  std::string password;
  std::string encoded_password;  // as it stood in the URI
};

// kInvalid, with a message that repeats nothing that may be secret.
Result<PublishAddress> parse_publish_address(std::string_view uri);

}  // namespace deepstack
