// EventFields: takes typed values out of a parsed event and keeps the first thing that is wrong, so
// that reading an event is a list of fields and one check at its end.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace deepstack {

class EventFields {
 public:
  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }

  // After an error, and for an optional field that is absent, they return 0, "" or an empty object.
  int64_t integer(const nlohmann::json& object, const char* name, int64_t least, int64_t most);
  double number(const nlohmann::json& object, const char* name, double least, double most);
  std::string text(const nlohmann::json& object, const char* name);
  std::string uuid(const nlohmann::json& value, const char* name);
  const nlohmann::json& object(const nlohmann::json& parent, const char* name);
  const nlohmann::json& array(const nlohmann::json& parent, const char* name);

  void fail(const std::string& error);

 private:
  const nlohmann::json& member(const nlohmann::json& object, const char* name);

  std::string error_;
};

// The value as it stands in the file, short enough for a message.
std::string shown(const nlohmann::json& value);

}  // namespace deepstack
