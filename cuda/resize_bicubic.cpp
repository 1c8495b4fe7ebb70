// Qwen3-VL looks at pictures that Pillow has resized: 8 bits in, 8 bits between the passes, 8 bits
// out. Everything after the weights is integer arithmetic, so the result does not depend on the
// machine, and is Pillow's to the bit (up to Pillow 12.1; later ones turn the passes around for some sizes).
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "deepstack/operators.h"

namespace deepstack {
namespace {

constexpr int64_t kMaxSide = 65536;
constexpr int64_t kMaxChannels = 4;
constexpr int64_t kMaxBytes = int64_t{1} << 40;
// A weight of 1.0; 22 bits leave the 8 bits of a pixel and 2 of headroom in an int32 (Pillow).
constexpr int kWeightBits = 22;
constexpr double kUnit = 1 << kWeightBits;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);
constexpr double kSupport = 2;  // the cubic is 0 beyond

// Rows whose bytes lie side by side while the horizontal pass looks at them.
constexpr int64_t kStrip = 16;

// Keys' cubic convolution kernel (1981) with a = -0.5.
double cubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < kSupport) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

// What each pixel of the result is a weighted sum of, along one axis: pixels first[i] and on,
// weights [i * stride] and on, count[i] of both.
struct Taps {
  std::vector<int64_t> first;
  std::vector<int64_t> count;
  std::vector<int32_t> weights;
  int64_t stride;
};

// Half-pixel centres; when shrinking, the kernel is stretched by the scale (antialiasing).
Taps make_taps(int64_t in, int64_t out) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double stretch = std::max(scale, 1.0);
  const double support = kSupport * stretch;
  Taps taps;
  taps.stride = std::min(in, 2 * static_cast<int64_t>(std::ceil(support)) + 1);
  taps.first.resize(out);
  taps.count.resize(out);
  taps.weights.resize(out * taps.stride, 0);
  std::vector<double> exact(taps.stride);
  for (int64_t i = 0; i < out; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
    const int64_t end = std::min(in, static_cast<int64_t>(center + support + 0.5));
    double sum = 0;
    for (int64_t k = first; k < end; ++k) {
      // One multiplication by the reciprocal, as Pillow has it: a division rounds differently.
      sum += exact[k - first] = cubic((static_cast<double>(k) - center + 0.5) * (1 / stretch));
    }
    for (int64_t k = 0; k < end - first; ++k) {
      const double weight = sum == 0 ? exact[k] : exact[k] / sum;
      // Half away from zero.
      taps.weights[i * taps.stride + k] =
          static_cast<int32_t>(weight * kUnit + (weight < 0 ? -0.5 : 0.5));
    }
    taps.first[i] = first;
    taps.count[i] = end - first;
  }
  return taps;
}

// Lines are weighed, whole: a line is a row of the picture in the vertical pass, and the same
// column of kStrip rows in the horizontal pass. Line i of out is the sum of lines first[i] and on
// of in.
struct Lines {
  const uint8_t* in;
  int64_t in_stride;
  uint8_t* out;
  int64_t out_stride;
  int64_t bytes;  // of a line
};

// The bytes of these lines from the given one on.
void weigh_plain(const Lines& lines, const Taps& taps, int64_t begin, int64_t end, int64_t from) {
  constexpr int64_t kTile = 64;
  int32_t sum[kTile];
  for (int64_t i = begin; i < end; ++i) {
    const int32_t* weights = taps.weights.data() + i * taps.stride;
    for (int64_t at = from; at < lines.bytes; at += kTile) {
      const uint8_t* in = lines.in + taps.first[i] * lines.in_stride + at;
      const int64_t bytes = std::min(kTile, lines.bytes - at);
      std::fill_n(sum, bytes, kHalf);
      for (int64_t k = 0; k < taps.count[i]; ++k) {
        for (int64_t b = 0; b < bytes; ++b) sum[b] += weights[k] * in[k * lines.in_stride + b];
      }
      uint8_t* out = lines.out + i * lines.out_stride + at;
      for (int64_t b = 0; b < bytes; ++b) {
        out[b] = static_cast<uint8_t>(std::clamp(sum[b] >> kWeightBits, 0, 255));
      }
    }
  }
}

#if defined(__x86_64__)
// By hand, because SSE2, all that the build may assume, has no product of int32, and gcc 12 takes
// twice as many steps to widen bytes. Weighs groups of 8 bytes; the same sums as weigh_plain.
template <int groups>
[[gnu::target("avx2"), gnu::always_inline]] inline void weigh_tile(const uint8_t* in,
                                                                   int64_t stride,
                                                                   const int32_t* weights,
                                                                   int64_t count, uint8_t* out) {
  __m256i sum[groups];
  for (int g = 0; g < groups; ++g) sum[g] = _mm256_set1_epi32(kHalf);
  for (int64_t k = 0; k < count; ++k) {
    const __m256i weight = _mm256_set1_epi32(weights[k]);
    for (int g = 0; g < groups; ++g) {
      const __m128i* pixels = reinterpret_cast<const __m128i*>(in + k * stride + 8 * g);
      const __m256i wide = _mm256_cvtepu8_epi32(_mm_loadl_epi64(pixels));
      sum[g] = _mm256_add_epi32(sum[g], _mm256_mullo_epi32(wide, weight));
    }
  }
  for (int g = 0; g < groups; ++g) {
    const __m256i level = _mm256_srai_epi32(sum[g], kWeightBits);
    // Both packs saturate: to int16 and then to 0..255.
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(level), _mm256_extracti128_si256(level, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 8 * g), _mm_packus_epi16(words, words));
  }
}

[[gnu::target("avx2")]] void weigh_avx2(const Lines& lines, const Taps& taps, int64_t begin,
                                        int64_t end) {
  constexpr int kGroups = 6;  // 48 bytes: kStrip pixels of three channels
  for (int64_t i = begin; i < end; ++i) {
    const uint8_t* in = lines.in + taps.first[i] * lines.in_stride;
    const int32_t* weights = taps.weights.data() + i * taps.stride;
    uint8_t* out = lines.out + i * lines.out_stride;
    int64_t at = 0;
    for (; at + 8 * kGroups <= lines.bytes; at += 8 * kGroups) {
      weigh_tile<kGroups>(in + at, lines.in_stride, weights, taps.count[i], out + at);
    }
    for (; at + 8 <= lines.bytes; at += 8) {
      weigh_tile<1>(in + at, lines.in_stride, weights, taps.count[i], out + at);
    }
  }
}
#endif

void weigh(const Lines& lines, const Taps& taps, int64_t begin, int64_t end) {
  int64_t done = 0;
#if defined(__x86_64__)
  static const bool kAvx2 = __builtin_cpu_supports("avx2") != 0;
  if (kAvx2) {
    weigh_avx2(lines, taps, begin, end);
    done = lines.bytes / 8 * 8;
  }
#endif
  if (done < lines.bytes) weigh_plain(lines, taps, begin, end, done);
}

using Bytes16 = uint8_t __attribute__((vector_size(16)));

// Turns 16 x 16 bytes, by four rounds of interleaving row i with row i + 8; keeps count rows of
// them.
void turn_block(const uint8_t* const* in, uint8_t* const* out, int64_t count) {
  constexpr Bytes16 kLow{0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
  constexpr Bytes16 kHigh{8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  Bytes16 a[16];
  Bytes16 b[16];
  for (int i = 0; i < 16; ++i) std::memcpy(&a[i], in[i], 16);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 8; ++i) {
      b[2 * i] = __builtin_shuffle(a[i], a[i + 8], kLow);
      b[2 * i + 1] = __builtin_shuffle(a[i], a[i + 8], kHigh);
    }
    for (int i = 0; i < 8; ++i) {
      a[2 * i] = __builtin_shuffle(b[i], b[i + 8], kLow);
      a[2 * i + 1] = __builtin_shuffle(b[i], b[i + 8], kHigh);
    }
  }
  for (int64_t i = 0; i < count; ++i) std::memcpy(out[i], &a[i], 16);
}

// One picture or the space for one: rows of width * channels bytes, stride apart.
template <typename Byte>
struct Picture {
  Byte* data;
  int64_t stride;
  int64_t height;
  int64_t row_bytes;
};

// kStrip rows of in, from the first one, as [row_bytes, kStrip]; below the picture its last row
// counts.
void turn_in(const Picture<const uint8_t>& in, int64_t first, uint8_t* strip) {
  const uint8_t* rows[kStrip];
  for (int64_t i = 0; i < kStrip; ++i) {
    rows[i] = in.data + std::min(first + i, in.height - 1) * in.stride;
  }
  int64_t x = 0;
  for (; x + kStrip <= in.row_bytes; x += kStrip) {
    const uint8_t* in_at[kStrip];
    uint8_t* out[kStrip];
    for (int64_t i = 0; i < kStrip; ++i) in_at[i] = rows[i] + x;
    for (int64_t i = 0; i < kStrip; ++i) out[i] = strip + (x + i) * kStrip;
    turn_block(in_at, out, kStrip);
  }
  for (; x < in.row_bytes; ++x) {
    for (int64_t i = 0; i < kStrip; ++i) strip[x * kStrip + i] = rows[i][x];
  }
}

// The reverse; rows below the picture are dropped.
void turn_out(const uint8_t* strip, const Picture<uint8_t>& out, int64_t first) {
  const int64_t count = std::min(kStrip, out.height - first);
  int64_t x = 0;
  for (; x + kStrip <= out.row_bytes; x += kStrip) {
    const uint8_t* in[kStrip];
    uint8_t* rows[kStrip];
    for (int64_t i = 0; i < kStrip; ++i) in[i] = strip + (x + i) * kStrip;
    for (int64_t i = 0; i < count; ++i) rows[i] = out.data + (first + i) * out.stride + x;
    turn_block(in, rows, count);
  }
  for (; x < out.row_bytes; ++x) {
    for (int64_t i = 0; i < count; ++i) {
      out.data[(first + i) * out.stride + x] = strip[x * kStrip + i];
    }
  }
}

void resize_width(const Picture<const uint8_t>& in, const Picture<uint8_t>& out, const Taps& taps,
                  int64_t channels) {
  const int64_t strips = (in.height + kStrip - 1) / kStrip;
  const int64_t width = out.row_bytes / channels;
  at::parallel_for(0, strips, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    std::vector<uint8_t> turned_in(in.row_bytes * kStrip);
    std::vector<uint8_t> turned_out(out.row_bytes * kStrip);
    const int64_t pixel_bytes = channels * kStrip;
    const Lines lines{turned_in.data(), pixel_bytes, turned_out.data(), pixel_bytes, pixel_bytes};
    for (int64_t strip = begin; strip < end; ++strip) {
      turn_in(in, strip * kStrip, turned_in.data());
      weigh(lines, taps, 0, width);
      turn_out(turned_out.data(), out, strip * kStrip);
    }
  });
}

void resize_height(const Picture<const uint8_t>& in, const Picture<uint8_t>& out,
                   const Taps& taps) {
  const Lines lines{in.data, in.stride, out.data, out.stride, out.row_bytes};
  at::parallel_for(0, out.height, /*grain_size=*/16,
                   [&](int64_t begin, int64_t end) { weigh(lines, taps, begin, end); });
}

void check_resize(const at::Tensor& images, int64_t height, int64_t width) {
  TORCH_CHECK(images.dim() == 4 && images.scalar_type() == at::kByte,
              "resize_bicubic: images must be uint8 [N, H, W, C]");
  TORCH_CHECK(images.size(3) >= 1 && images.size(3) <= kMaxChannels,
              "resize_bicubic: ", images.size(3), " channels, 1..", kMaxChannels, " are possible");
  for (const int64_t side : {images.size(1), images.size(2), height, width}) {
    TORCH_CHECK(side >= 1 && side <= kMaxSide, "resize_bicubic: ", images.size(1), "x",
                images.size(2), " to ", height, "x", width, ", sides must be 1..", kMaxSide);
  }
  // One picture has at most 2^34 bytes, so this does not overflow.
  const int64_t bytes = std::max(images.size(1), height) * width * images.size(3);
  TORCH_CHECK(images.size(0) <= kMaxBytes / bytes, "resize_bicubic: ", images.size(0),
              " pictures of ", bytes, " bytes each are more than ", kMaxBytes, " bytes");
}

// Pixels and channels of a row side by side; rows and pictures may be anywhere.
bool has_dense_rows(const at::Tensor& x) {
  return (x.size(3) == 1 || x.stride(3) == 1) && (x.size(2) == 1 || x.stride(2) == x.size(3));
}

at::Tensor resize_bicubic_cpu(const at::Tensor& images, int64_t height, int64_t width) {
  check_resize(images, height, width);
  const at::Tensor in = has_dense_rows(images) ? images : images.contiguous();
  const int64_t in_height = in.size(1);
  const int64_t in_width = in.size(2);
  const int64_t channels = in.size(3);
  if (in_height == height && in_width == width) {
    return in.clone(at::MemoryFormat::Contiguous);
  }
  at::Tensor out = at::empty({in.size(0), height, width, channels}, in.options());
  if (out.numel() == 0) return out;
  const bool both = in_height != height && in_width != width;
  at::Tensor between = at::empty({both ? in_height : 0, width, channels}, in.options());
  const Taps across = in_width == width ? Taps{} : make_taps(in_width, width);
  const Taps down = in_height == height ? Taps{} : make_taps(in_height, height);
  const int64_t row_bytes = width * channels;
  for (int64_t n = 0; n < in.size(0); ++n) {
    const Picture<const uint8_t> source{in.const_data_ptr<uint8_t>() + n * in.stride(0),
                                        in.stride(1), in_height, in_width * channels};
    const Picture<uint8_t> target{out.mutable_data_ptr<uint8_t>() + n * height * row_bytes,
                                  row_bytes, height, row_bytes};
    if (in_height == height) {
      resize_width(source, target, across, channels);
    } else if (in_width == width) {
      resize_height(source, target, down);
    } else {
      const Picture<uint8_t> middle{between.mutable_data_ptr<uint8_t>(), row_bytes, in_height,
                                    row_bytes};
      resize_width(source, middle, across, channels);
      resize_height({middle.data, row_bytes, in_height, row_bytes}, target, down);
    }
  }
  return out;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(deepstack, library) {
  library.def("resize_bicubic(Tensor images, int height, int width) -> Tensor");
}

TORCH_LIBRARY_IMPL(deepstack, CPU, library) { library.impl("resize_bicubic", resize_bicubic_cpu); }

at::Tensor resize_bicubic(const at::Tensor& images, int64_t height, int64_t width) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("deepstack::resize_bicubic", "")
                             .typed<decltype(resize_bicubic_cpu)>();
  return op.call(images, height, width);
}

}  // namespace deepstack
