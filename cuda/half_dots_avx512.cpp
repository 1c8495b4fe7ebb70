#include "half_dots.h"

#if defined(__AVX512F__)
#include <immintrin.h>

#include "half_dots_kernel.h"

namespace deepstack {
namespace {

struct Avx512Lanes {
  using Vector = __m512;
  static constexpr int kWidth = 16;
  static constexpr int kRows = 8;  // 8 x 3 sums, 3 queries and a row: 28 of 32 registers
  static constexpr int kPanels = 3;

  static Vector zero() { return _mm512_setzero_ps(); }
  static Vector load(const float* values) { return _mm512_loadu_ps(values); }
  static Vector load_half(const uint16_t* half) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(half)));
  }
  static void store(float* out, Vector value) { _mm512_storeu_ps(out, value); }
  static Vector broadcast(float value) { return _mm512_set1_ps(value); }
  static Vector multiply_add(Vector a, Vector b, Vector sum) { return _mm512_fmadd_ps(a, b, sum); }
  static float sum(Vector value) { return _mm512_reduce_add_ps(value); }
  static float to_float(uint16_t half) { return _cvtsh_ss(half); }
};

}  // namespace

HalfDots half_dots_avx512() {
  const bool can = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("f16c") &&
                   __builtin_cpu_supports("fma");
  return can ? dots<Avx512Lanes> : nullptr;
}

}  // namespace deepstack

#else

deepstack::HalfDots deepstack::half_dots_avx512() { return nullptr; }

#endif
