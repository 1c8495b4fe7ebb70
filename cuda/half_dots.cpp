#include "half_dots.h"

#include <cstring>

#include "half_dots_kernel.h"

namespace deepstack {
namespace {

struct PlainLanes {
  using Vector = float;
  static constexpr int kWidth = 1;
  static constexpr int kRows = 1;
  static constexpr int kPanels = 1;

  static float zero() { return 0; }
  static float load(const float* values) { return *values; }
  static float load_half(const uint16_t* half) { return to_float(*half); }
  static void store(float* out, float value) { *out = value; }
  static float broadcast(float value) { return value; }
  static float multiply_add(float a, float b, float sum) { return a * b + sum; }
  static float sum(float value) { return value; }

  // The bits moved to where a float has them; the factor corrects the exponent's bias and makes
  // subnormal halves what they are.
  static float to_float(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000U) << 16;
    const uint32_t rest = static_cast<uint32_t>(half & 0x7FFFU) << 13;
    const uint32_t bits = (half & 0x7C00U) == 0x7C00U ? rest | 0x7F800000U : rest;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if ((half & 0x7C00U) != 0x7C00U) value *= 0x1p112F;
    return sign != 0 ? -value : value;
  }
};

}  // namespace

HalfDots half_dots_portable() { return dots<PlainLanes>; }

HalfDots half_dots() {
  static const HalfDots best = [] {
    for (const HalfDots fast : {half_dots_avx512(), half_dots_avx2()}) {
      if (fast != nullptr) return fast;
    }
    return half_dots_portable();
  }();
  return best;
}

}  // namespace deepstack
