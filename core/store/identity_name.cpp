#include "core/store/identity_name.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace deepstack {
namespace {

constexpr int kLongest = 80;  // characters

// The character that text begins with and takes off it; nothing when that is no UTF-8 (RFC 3629).
std::optional<char32_t> take_character(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || text.size() < length) return std::nullopt;
  char32_t character = length == 1 ? first : first & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
    character = character << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < kSmallest[length] || is_surrogate || character > 0x10FFFF) return std::nullopt;
  text.remove_prefix(length);
  return character;
}

struct Range {
  char32_t first, last;
};

// Controls, line ends, what turns the direction of text or has no shape, private and no characters:
// a name that contains them looks like another, or changes what stands beside it.
constexpr std::array<Range, 14> kUnseen{{{0x00, 0x1F},
                                         {0x7F, 0xA0},
                                         {0xAD, 0xAD},
                                         {0x061C, 0x061C},
                                         {0x180E, 0x180E},
                                         {0x2000, 0x200F},
                                         {0x2028, 0x202F},
                                         {0x205F, 0x206F},
                                         {0x3000, 0x3000},
                                         {0xE000, 0xF8FF},
                                         {0xFDD0, 0xFDEF},
                                         {0xFE00, 0xFE0F},
                                         {0xFEFF, 0xFEFF},
                                         {0xFFF0, 0xFFFF}}};

bool is_seen(char32_t character) {
  // Tags, variants and private planes lie above.
  return character < 0xE0000 &&
         std::none_of(kUnseen.begin(), kUnseen.end(), [&](const Range& range) {
           return character >= range.first && character <= range.last;
         });
}

}  // namespace

Status check_name(const std::string& name) {
  std::string_view rest = name;
  int characters = 0;
  while (!rest.empty()) {
    const std::optional<char32_t> character = take_character(rest);
    if (!character) {
      return invalid("the name is no UTF-8 from its byte " +
                     std::to_string(name.size() - rest.size()) + " on");
    }
    if (!is_seen(*character)) {
      return invalid("the name has the character " + std::to_string(uint32_t{*character}) +
                     ", which controls text or cannot be seen");
    }
    if (++characters > kLongest) {
      return invalid("the name has more than " + std::to_string(kLongest) + " characters");
    }
  }
  if (!name.empty() && (name.front() == ' ' || name.back() == ' ')) {
    return invalid("the name begins or ends with a space");
  }
  return {};
}

}  // namespace deepstack
