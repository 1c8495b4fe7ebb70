// What the heap takes for a block of this size: glibc's malloc puts 8 bytes before it, rounds up to
// 16 and gives no less than 32. Counted so, the bytes of a gallery are those of the process.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace deepstack {

constexpr int64_t heap_bytes(size_t size) {
  return size == 0 ? 0 : static_cast<int64_t>(std::max<size_t>(32, (size + 8 + 15) / 16 * 16));
}

// Beyond what stands in the string itself.
inline int64_t heap_bytes(const std::string& text) {
  return text.capacity() <= 15 ? 0 : heap_bytes(text.capacity() + 1);
}

}  // namespace deepstack
