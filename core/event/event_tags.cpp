#include "core/event/event_tags.h"

#include <set>
#include <vector>

#include "core/event/json_writer.h"
#include "core/exhausted.h"
#include "core/json_guard.h"

namespace deepstack {
namespace {

constexpr JsonLimits kLimits{.max_bytes = 4096,
                             .max_token_bytes = 1024,
                             .max_space_bytes = 4096,
                             .max_depth = 8,
                             .max_keys = 64,
                             .max_elements = 256};

// Writes again what it hears.
class TagsConsumer final : public JsonConsumer {
 public:
  std::string& text() { return text_; }

  bool null() override {
    return element([&] { writer_.value(nullptr); });
  }
  bool boolean(bool value) override {
    return element([&] { writer_.value(value); });
  }
  bool number_integer(number_integer_t value) override {
    return element([&] { writer_.value(value); });
  }
  bool number_unsigned(number_unsigned_t value) override {
    return element([&] { writer_.value(value); });
  }
  bool number_float(number_float_t, const string_t& digits) override {
    return element([&] { writer_.raw(digits); });
  }
  bool string(string_t& value) override {
    return element([&] { writer_.value(value); });
  }
  bool start_object(size_t) override {
    names_.emplace_back();
    return deeper([&] { writer_.begin_object(); });
  }
  bool end_object() override {
    names_.pop_back();
    writer_.end_object();
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ == 0) return stop("must be a JSON object");
    return deeper([&] { writer_.begin_array(); });
  }
  bool end_array() override {
    writer_.end_array();
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (++keys_ > kLimits.max_keys) {
      return stop("has more than " + std::to_string(kLimits.max_keys) + " keys");
    }
    if (!names_.back().insert(name).second) return stop_at_second_key(name);
    writer_.key(name);
    return true;
  }

 private:
  template <typename Write>
  bool element(const Write& write) {
    if (depth_ == 0) return stop("must be a JSON object");
    if (++elements_ > kLimits.max_elements) {
      return stop("has more than " + std::to_string(kLimits.max_elements) + " values");
    }
    write();
    return true;
  }
  template <typename Write>
  bool deeper(const Write& write) {
    if (++depth_ > kLimits.max_depth) {
      return stop("is nested deeper than " + std::to_string(kLimits.max_depth));
    }
    write();
    return true;
  }

  std::string text_;
  JsonWriter writer_{text_};
  std::vector<std::set<std::string>> names_;
  size_t depth_ = 0;
  size_t keys_ = 0;
  size_t elements_ = 0;
};

}  // namespace

Result<std::string> parse_tags(std::string_view text) {
  return unless_out_of_memory([&]() -> Result<std::string> {
    if (text.empty()) return std::string();
    TagsConsumer consumer;
    const Status status = scan_json(text, kLimits, consumer);
    if (status.ok()) return std::move(consumer.text());
    if (status.code() == StatusCode::kExhausted) return status;
    return invalid("tags: " + status.message());
  });
}

}  // namespace deepstack
