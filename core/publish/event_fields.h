// EventFields: what a line says of itself, whatever its schema is: which camera it is of and what
// happened. Topics and keys are made of it. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace deepstack {

struct EventFields {
  std::string source;  // "" when the line does not say
  std::string event;
};

// Never fails: of what is no JSON object the fields are empty.
EventFields event_fields(std::string_view line);

// As it may stand in one level of an MQTT topic: '/', '+', '#' and control characters are '_';
// "unknown" when there is nothing; cut after 128 bytes.
std::string mqtt_level(std::string_view text);

// As it may stand in the name of a Kafka topic: letters, digits, '.', '_' and '-', others are '_'.
std::string kafka_word(std::string_view text);

}  // namespace deepstack
