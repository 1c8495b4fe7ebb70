#include "core/publish/event_fields.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/json_guard.h"

namespace deepstack {
namespace {

constexpr size_t kLongestWord_bytes = 128;
constexpr JsonLimits kLimits{.max_bytes = 16 << 20, .max_token_bytes = 4 << 20};

// Where the schemas that people use have it: the key, and how deep it may lie. The first one wins.
struct Place {
  std::string_view key;
  size_t depth;
};
constexpr std::array<Place, 4> kSources{
    {{"source", 1}, {"camera", 2}, {"sensorId", 1}, {"@Source", 3}}};
constexpr std::array<Place, 2> kEvents{{{"event", 1}, {"type", 1}}};

class FieldConsumer final : public JsonConsumer {
 public:
  EventFields take() && { return {std::move(source_.value), std::move(event_.value)}; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& value) override {
    take_for(kSources, source_, value);
    take_for(kEvents, event_, value);
    key_.clear();
    return true;
  }
  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool start_object(size_t) override { return deeper(); }
  bool end_object() override { return shallower(); }
  bool start_array(size_t) override {
    key_.clear();  // the words of a list are nobody's name
    return true;
  }
  bool end_array() override { return true; }

 private:
  struct Found {
    std::string value{};
    size_t place = ~size_t{0};
  };

  bool deeper() {
    key_.clear();
    ++depth_;
    return depth_ <= kDepth || stop("JSON is deeper than " + std::to_string(kDepth));
  }
  bool shallower() {
    key_.clear();
    --depth_;
    return true;
  }
  template <size_t count>
  void take_for(const std::array<Place, count>& places, Found& found, const std::string& value) {
    for (size_t place = 0; place < count && place < found.place; ++place) {
      if (key_ == places[place].key && depth_ <= places[place].depth) found = {value, place};
    }
  }

  static constexpr size_t kDepth = 32;
  std::string key_;
  size_t depth_ = 0;
  Found source_;
  Found event_;
};

}  // namespace

EventFields event_fields(std::string_view line) {
  FieldConsumer consumer;
  if (!scan_json(line, kLimits, consumer).ok()) return {};
  return std::move(consumer).take();
}

std::string mqtt_level(std::string_view text) {
  std::string level(text.substr(0, kLongestWord_bytes));
  std::replace_if(
      level.begin(), level.end(),
      [](char letter) {
        const auto byte = static_cast<unsigned char>(letter);
        return byte < ' ' || byte == 0x7F || letter == '/' || letter == '+' || letter == '#';
      },
      '_');
  // '$' begins the broker's own topics; a letter of several bytes may have been cut in two.
  while (text.size() > level.size() && !level.empty() &&
         (static_cast<unsigned char>(text[level.size()]) & 0xC0U) == 0x80U) {
    level.pop_back();
  }
  if (level.starts_with('$')) level[0] = '_';
  return level.empty() ? "unknown" : level;
}

std::string kafka_word(std::string_view text) {
  std::string word(text.substr(0, kLongestWord_bytes));
  std::replace_if(
      word.begin(), word.end(),
      [](char letter) {
        return std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '.' &&
               letter != '-';
      },
      '_');
  return word.empty() ? "unknown" : word;
}

}  // namespace deepstack
