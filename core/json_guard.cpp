#include "core/json_guard.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/exhausted.h"
#include "core/printable.h"

namespace deepstack {
namespace {

using nlohmann::json;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_mark(char c) {
  return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

// Where the string that begins with the quote at text[begin] ends, its last quote included.
size_t string_end(std::string_view text, size_t begin) {
  for (size_t end = text.find('"', begin + 1); end != text.npos; end = text.find('"', end + 1)) {
    size_t backslashes = 0;
    while (text[end - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return end + 1;
  }
  return text.size();
}

// Where the token that begins at text[begin] ends: a string, a mark, or else a number, a word or
// what is neither, up to the next space, mark or quote.
size_t token_end(std::string_view text, size_t begin) {
  if (text[begin] == '"') return string_end(text, begin);
  size_t end = begin + 1;
  if (is_mark(text[begin])) return end;
  while (end < text.size() && text[end] != '"' && !is_space(text[end]) && !is_mark(text[end]))
    ++end;
  return end;
}

// Needs no memory, and for 16 MiB at most 30 ms.
Status check_tokens(std::string_view text, const JsonLimits& limits) {
  size_t space_bytes = 0;
  for (size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      if (++space_bytes > limits.max_space_bytes) {
        return corrupt("JSON has more than " + std::to_string(limits.max_space_bytes) +
                       " bytes of space");
      }
      continue;
    }
    const size_t end = token_end(text, at);
    if (end - at > limits.max_token_bytes) {
      return corrupt(std::string("JSON has a ") + (text[at] == '"' ? "string" : "number or word") +
                     " of " + std::to_string(end - at) + " bytes at byte " +
                     std::to_string(at + 1) + ", the limit is " +
                     std::to_string(limits.max_token_bytes));
    }
    at = end;
  }
  return {};
}

// Counts what a tree of the text would hold, and lets nothing through that holds too much.
class Guard final : public JsonConsumer {
 public:
  explicit Guard(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return element(); }
  bool boolean(bool) override { return element(); }
  bool number_integer(number_integer_t) override { return element(); }
  bool number_unsigned(number_unsigned_t) override { return element(); }
  bool number_float(number_float_t, const string_t&) override { return element(); }
  bool string(string_t&) override { return element(); }
  bool start_object(size_t) override { return element() && deeper(true); }
  bool end_object() override { return higher(); }
  bool start_array(size_t) override { return element() && deeper(false); }
  bool end_array() override { return higher(); }
  bool key(string_t& name) override {
    if (++keys_ > limits_.max_keys) {
      return stop("JSON has more than " + std::to_string(limits_.max_keys) + " keys");
    }
    return open_.back().names.insert(name).second || stop_at_second_key(name);
  }

 private:
  struct Level {
    bool is_object;
    std::set<std::string> names;
  };

  bool element() {
    if (open_.empty() || open_.back().is_object) return true;
    return ++elements_ <= limits_.max_elements ||
           stop("JSON has more than " + std::to_string(limits_.max_elements) + " list elements");
  }
  bool deeper(bool is_object) {
    open_.push_back({is_object, {}});
    return open_.size() <= limits_.max_depth ||
           stop("JSON is nested deeper than " + std::to_string(limits_.max_depth));
  }
  bool higher() {
    open_.pop_back();
    return true;
  }

  const JsonLimits limits_;
  size_t keys_ = 0;
  size_t elements_ = 0;
  std::vector<Level> open_;
};

}  // namespace

bool JsonConsumer::parse_error(size_t position, const std::string&, const json::exception& error) {
  // The library's text ends in "...: <reason>"; its prefix with error codes helps nobody.
  const std::string text = error.what();
  const size_t colon = text.find("syntax error");
  return stop("JSON is no JSON at byte " + std::to_string(position) +
              (colon == std::string::npos ? "" : ": " + text.substr(colon)));
}

bool JsonConsumer::stop(const std::string& reason) {
  reason_ = printable(reason);
  return false;
}

Status scan_json(std::string_view text, const JsonLimits& limits, JsonConsumer& consumer) {
  return unless_out_of_memory([&]() -> Status {
    if (text.size() > limits.max_bytes) {
      return corrupt("has " + std::to_string(text.size()) + " bytes of JSON, the limit is " +
                     std::to_string(limits.max_bytes));
    }
    if (Status status = check_tokens(text, limits); !status.ok()) return status;
    return json::sax_parse(text, &consumer) ? Status() : corrupt(consumer.reason());
  });
}

Result<JsonTree> parse_guarded_json(std::string_view text, const JsonLimits& limits) {
  return unless_out_of_memory([&]() -> Result<JsonTree> {
    Guard guard(limits);
    if (Status status = scan_json(text, limits, guard); !status.ok()) return status;
    // As json::parse() does it, with a tree of ours that outlives what is thrown.
    JsonTree tree;
    nlohmann::detail::json_sax_dom_parser<json> builder(tree.root(), /*allow_exceptions=*/false);
    if (!json::sax_parse(text, &builder)) return corrupt("JSON cannot be represented");
    return tree;
  });
}

}  // namespace deepstack
