// Tokens kept as 16-bit floats (IEEE half): half the memory, and an error far below what two views
// of one thing differ by. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace deepstack {

std::vector<uint16_t> to_half(std::span<const float> values);

// REQUIRES: room for half.size() floats.
void to_float(std::span<const uint16_t> half, float* values);

}  // namespace deepstack
