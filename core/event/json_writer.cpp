#include "core/event/json_writer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

namespace deepstack {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Bytes of the character at text[0], or 0 when it is none (RFC 3629: no surrogates, nothing over
// U+10FFFF, no longer form than needed).
size_t character_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const unsigned char second = byte(1);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : size;
}

bool stands_for_itself(char byte) {
  return static_cast<unsigned char>(byte) >= 0x20 && static_cast<unsigned char>(byte) < 0x80 &&
         byte != '"' && byte != '\\';
}

void append_escaped(std::string& text, char byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (byte) {
    case '"':
      text += "\\\"";
      return;
    case '\\':
      text += "\\\\";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    default:
      text += "\\u00";
      text += kDigits[static_cast<unsigned char>(byte) >> 4];
      text += kDigits[static_cast<unsigned char>(byte) & 0xF];
  }
}

double rounded(double value, int decimals) {
  static constexpr std::array kScale{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  const double scale = kScale.at(static_cast<size_t>(decimals));
  const double result = std::round(value * scale) / scale;
  return std::isfinite(result) ? result : value;
}

}  // namespace

double share(double value) { return std::isnan(value) ? value : std::clamp(value, 0.0, 1.0); }

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  const uint64_t bit = uint64_t{1} << depth_;
  if ((filled_ & bit) != 0) text_ += ',';
  filled_ |= bit;
}

void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
  assert(depth_ < 62);
  ++depth_;
  filled_ &= ~(uint64_t{1} << depth_);
}

void JsonWriter::end(char bracket) {
  --depth_;
  text_ += bracket;
}

void JsonWriter::key(std::string_view name) {
  separate();
  quoted(name);
  text_ += ':';
  after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  separate();
  quoted(text);
}

void JsonWriter::word(std::string_view json) {
  separate();
  text_ += json;
}

void JsonWriter::signed_integer(int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  word({digits.data(), static_cast<size_t>(end - digits.data())});
}

void JsonWriter::unsigned_integer(uint64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  word({digits.data(), static_cast<size_t>(end - digits.data())});
}

void JsonWriter::number(double number, int decimals) {
  separate();
  append_number(text_, number, decimals);
}

void JsonWriter::append_number(std::string& text, double number, int decimals) {
  if (!std::isfinite(number)) {
    ++replaced_;
    number = 0;
  }
  // The longest double has 309 digits before its point.
  std::array<char, 512> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), rounded(number, decimals),
                                 std::chars_format::fixed)
                       .ptr;
  const std::string_view written(digits.data(), static_cast<size_t>(end - digits.data()));
  text += written;
  if (written.find('.') == written.npos) text += ".0";
}

void JsonWriter::quoted(std::string_view text) {
  text_ += '"';
  bool whole = true;
  while (!text.empty()) {
    const auto plain = static_cast<size_t>(
        std::find_if_not(text.begin(), text.end(), stands_for_itself) - text.begin());
    text_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    size_t size = character_size(text);
    if (size == 1) {
      append_escaped(text_, text[0]);
    } else if (size > 1) {
      text_ += text.substr(0, size);
    } else {
      // One mark for a character that is cut short, whatever is left of it.
      size = 1;
      if (static_cast<unsigned char>(text[0]) >= 0xC0) {
        while (size < text.size() && size < 4 && is_continuation(text[size])) ++size;
      }
      text_ += kReplacement;
      whole = false;
    }
    text.remove_prefix(size);
  }
  if (!whole) ++replaced_;
  text_ += '"';
}

}  // namespace deepstack
