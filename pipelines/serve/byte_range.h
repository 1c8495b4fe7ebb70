// ByteRange: the one part of a file that a Range header asks for (RFC 9110, section 14). Several at
// once are not served: the header is then ignored, as it may be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace deepstack {

struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;   // after the last byte
  bool whole = true;  // no range was asked for
};

// Nothing: no byte of the file is in the range (416).
std::optional<ByteRange> byte_range(const std::string& header, uint64_t size);

}  // namespace deepstack
