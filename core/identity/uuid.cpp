#include "core/identity/uuid.h"

#include <array>
#include <cstdint>
#include <random>

namespace deepstack {

std::string random_uuid() {
  std::random_device entropy;
  std::array<uint32_t, 4> words{};
  for (uint32_t& word : words) word = entropy();
  words[1] = (words[1] & 0xFFFF0FFFU) | 0x00004000U;  // version 4
  words[2] = (words[2] & 0x3FFFFFFFU) | 0x80000000U;  // variant 1
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text += '-';
    const uint32_t word = words[static_cast<size_t>(digit / 8)];
    text += kDigits[(word >> (28 - 4 * (digit % 8))) & 0xFU];
  }
  return text;
}

}  // namespace deepstack
