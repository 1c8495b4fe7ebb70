#include "pipelines/report/event_fields.h"

#include "core/printable.h"

namespace deepstack {
namespace {

using nlohmann::json;

constexpr size_t kMaxShownBytes = 60;

const json kNothing = json::object();
const json kNoEntries = json::array();

std::string number_text(double value) { return json(value).dump(); }

bool is_uuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace

std::string shown(const json& value) {
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (text.size() <= kMaxShownBytes) return text;
  return text.substr(0, kMaxShownBytes) + "...";
}

void EventFields::fail(const std::string& error) {
  if (error_.empty()) error_ = printable(error);
}

const json& EventFields::member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found != object.end()) return *found;
  fail(std::string("has no '") + name + "'");
  return kNothing;
}

int64_t EventFields::integer(const json& object, const char* name, int64_t least, int64_t most) {
  const json& value = member(object, name);
  if (!ok()) return 0;
  // A value above int64 would wrap to a negative one.
  const bool fits = value.is_number_unsigned()
                        ? value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)
                        : value.is_number_integer();
  if (fits && value.get<int64_t>() >= least && value.get<int64_t>() <= most) {
    return value.get<int64_t>();
  }
  fail(std::string(name) + " is " + shown(value) + ", expected an integer from " +
       std::to_string(least) + " to " + std::to_string(most));
  return 0;
}

double EventFields::number(const json& object, const char* name, double least, double most) {
  const json& value = member(object, name);
  if (!ok()) return 0;
  if (value.is_number() && value.get<double>() >= least && value.get<double>() <= most) {
    return value.get<double>();
  }
  fail(std::string(name) + " is " + shown(value) + ", expected a number from " +
       number_text(least) + " to " + number_text(most));
  return 0;
}

std::string EventFields::text(const json& object, const char* name) {
  const json& value = member(object, name);
  if (!ok()) return "";
  if (value.is_string()) return value.get<std::string>();
  fail(std::string(name) + " is " + shown(value) + ", expected text");
  return "";
}

std::string EventFields::uuid(const json& value, const char* name) {
  if (!ok()) return "";
  if (value.is_string() && is_uuid(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  fail(std::string(name) + " is " + shown(value) + ", expected a UUID in lower case");
  return "";
}

const json& EventFields::object(const json& parent, const char* name) {
  const json& value = member(parent, name);
  if (value.is_object()) return value;
  fail(std::string(name) + " is " + shown(value) + ", expected an object");
  return kNothing;
}

const json& EventFields::array(const json& parent, const char* name) {
  const json& value = member(parent, name);
  if (ok() && value.is_array()) return value;
  fail(std::string(name) + " is " + shown(value) + ", expected an array");
  return kNoEntries;
}

}  // namespace deepstack
