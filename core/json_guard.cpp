#include "core/json_guard.h"

#include <set>
#include <string>
#include <vector>

#include "core/printable.h"

namespace deepstack {
namespace {

using nlohmann::json;

// SAX consumer that keeps only what the limits need; parsing stops when one is passed.
class Guard final : public json::json_sax_t {
 public:
  explicit Guard(const JsonLimits& limits) : limits_(limits) {}

  const std::string& reason() const { return reason_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override {
    keys_.emplace_back();
    return deeper();
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(size_t) override { return deeper(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (++key_count_ > limits_.max_keys) {
      return stop("has more than " + std::to_string(limits_.max_keys) + " keys");
    }
    return keys_.back().insert(name).second || stop("has a key twice: '" + name + "'");
  }
  bool parse_error(size_t position, const std::string&, const json::exception& error) override {
    // The library's text ends in "...: <reason>"; its prefix with error codes helps nobody.
    const std::string text = error.what();
    const size_t colon = text.find("syntax error");
    return stop("is no JSON at byte " + std::to_string(position) +
                (colon == std::string::npos ? "" : ": " + text.substr(colon)));
  }

 private:
  bool deeper() {
    return ++depth_ <= limits_.max_depth ||
           stop("is nested deeper than " + std::to_string(limits_.max_depth));
  }
  bool stop(const std::string& reason) {
    reason_ = printable(reason);
    return false;
  }

  const JsonLimits limits_;
  size_t depth_ = 0;
  size_t key_count_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::string reason_;
};

}  // namespace

Result<json> parse_guarded_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return corrupt("has " + std::to_string(text.size()) + " bytes of JSON, the limit is " +
                   std::to_string(limits.max_bytes));
  }
  Guard guard(limits);
  if (!json::sax_parse(text, &guard)) return corrupt("JSON " + guard.reason());
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return corrupt("JSON cannot be represented");
  return parsed;
}

}  // namespace deepstack
