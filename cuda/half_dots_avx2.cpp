#include "half_dots.h"

#if defined(__AVX2__)
#include <immintrin.h>

#include "half_dots_kernel.h"

namespace deepstack {
namespace {

struct Avx2Lanes {
  using Vector = __m256;
  static constexpr int kWidth = 8;
  static constexpr int kRows = 6;  // 6 x 2 sums, 2 of queries and a row: 15 of 16 registers
  static constexpr int kPanels = 1;

  static Vector zero() { return _mm256_setzero_ps(); }
  static Vector load(const float* values) { return _mm256_loadu_ps(values); }
  static Vector load_half(const uint16_t* half) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(half)));
  }
  static void store(float* out, Vector value) { _mm256_storeu_ps(out, value); }
  static Vector broadcast(float value) { return _mm256_set1_ps(value); }
  static Vector multiply_add(Vector a, Vector b, Vector sum) { return _mm256_fmadd_ps(a, b, sum); }
  static float sum(Vector value) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
  }
  static float to_float(uint16_t half) { return _cvtsh_ss(half); }
};

}  // namespace

HalfDots half_dots_avx2() {
  const bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") &&
                   __builtin_cpu_supports("fma");
  return can ? dots<Avx2Lanes> : nullptr;
}

}  // namespace deepstack

#else

deepstack::HalfDots deepstack::half_dots_avx2() { return nullptr; }

#endif
