// The kernel of half_dots.h, once, over a type `Lanes` that has the vectors of one instruction set.
// Everything is in an unnamed namespace and uses nothing inline of the standard library: what is
// compiled for AVX-512 must never be linked into code that runs without it.
//
//   Lanes::Vector, kWidth (floats in one, divides 16), kRows (rows whose sums fit the registers
//   with kPanels panels), zero(), load(const float*), load_half(const uint16_t*), store(float*, v),
//   broadcast(float), multiply_add(a, b, sum), sum(v), to_float(uint16_t)
#pragma once

#include <cstdint>

#include "half_dots.h"

namespace deepstack {
namespace {

// Few queries: rows side by side, so that their chains of additions overlap.
template <typename Lanes, int kRows>
void dot_rows(const uint16_t* rows, int64_t width, const float* query, float* scores) {
  typename Lanes::Vector sums[kRows];
  for (int r = 0; r < kRows; ++r) sums[r] = Lanes::zero();
  int64_t d = 0;
  for (; d + Lanes::kWidth <= width; d += Lanes::kWidth) {
    const typename Lanes::Vector q = Lanes::load(query + d);
    for (int r = 0; r < kRows; ++r) {
      sums[r] = Lanes::multiply_add(Lanes::load_half(rows + r * width + d), q, sums[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    float rest = 0;
    for (int64_t i = d; i < width; ++i) rest += Lanes::to_float(rows[r * width + i]) * query[i];
    scores[r] = Lanes::sum(sums[r]) + rest;
  }
}

template <typename Lanes>
void few(const uint16_t* rows, int64_t count, const ScanQueries& queries, float* scores) {
  constexpr int kTogether = 4;
  // A stretch of rows that stays in the first cache while the queries take turns.
  constexpr int64_t kStretchBytes = 16 << 10;
  const int64_t width = queries.width;
  const int64_t fit = kStretchBytes / (2 * width) / kTogether * kTogether;
  const int64_t stretch = fit < kTogether ? kTogether : fit;
  for (int64_t first = 0; first < count; first += stretch) {
    const int64_t last = first + stretch < count ? first + stretch : count;
    for (int64_t g = 0; g < queries.groups; ++g) {
      int64_t r = first;
      for (; r + kTogether <= last; r += kTogether) {
        dot_rows<Lanes, kTogether>(rows + r * width, width, queries.group(g),
                                   scores + g * count + r);
      }
      for (; r < last; ++r) {
        dot_rows<Lanes, 1>(rows + r * width, width, queries.group(g), scores + g * count + r);
      }
    }
  }
}

// Many queries: kRows converted rows against kPanels panels of 16 queries, all sums in registers.
template <typename Lanes, int kRows, int kPanels>
void multiply_tile(const float* tile, int64_t width, const float* panels, float* scores,
                   int64_t group_stride) {
  constexpr int kVectors = static_cast<int>(ScanQueries::kPanel) / Lanes::kWidth;
  typename Lanes::Vector sums[kRows][kPanels * kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kPanels * kVectors; ++v) sums[r][v] = Lanes::zero();
  }
  for (int64_t d = 0; d < width; ++d) {
    typename Lanes::Vector q[kPanels * kVectors];
    for (int v = 0; v < kPanels * kVectors; ++v) {
      q[v] = Lanes::load(panels + (v / kVectors * width + d) * ScanQueries::kPanel +
                         v % kVectors * Lanes::kWidth);
    }
    for (int r = 0; r < kRows; ++r) {
      const typename Lanes::Vector value = Lanes::broadcast(tile[r * width + d]);
      for (int v = 0; v < kPanels * kVectors; ++v) {
        sums[r][v] = Lanes::multiply_add(value, q[v], sums[r][v]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kPanels * kVectors; ++v) {
      Lanes::store(scores + v / kVectors * group_stride + r * ScanQueries::kPanel +
                       v % kVectors * Lanes::kWidth,
                   sums[r][v]);
    }
  }
}

template <typename Lanes>
void convert(const uint16_t* half, int64_t count, float* out) {
  int64_t i = 0;
  for (; i + Lanes::kWidth <= count; i += Lanes::kWidth) {
    Lanes::store(out + i, Lanes::load_half(half + i));
  }
  for (; i < count; ++i) out[i] = Lanes::to_float(half[i]);
}

template <typename Lanes, int kRows>
void multiply_rows(const float* tile, const ScanQueries& queries, float* scores,
                   int64_t group_stride) {
  int64_t g = 0;
  for (; g + Lanes::kPanels <= queries.groups; g += Lanes::kPanels) {
    multiply_tile<Lanes, kRows, Lanes::kPanels>(tile, queries.width, queries.group(g),
                                                scores + g * group_stride, group_stride);
  }
  for (; g < queries.groups; ++g) {
    multiply_tile<Lanes, kRows, 1>(tile, queries.width, queries.group(g), scores + g * group_stride,
                                   group_stride);
  }
}

template <typename Lanes>
void many(const uint16_t* rows, int64_t count, const ScanQueries& queries, float* scores) {
  const int64_t width = queries.width;
  const int64_t group_stride = count * ScanQueries::kPanel;
  float* tile = new float[static_cast<uint64_t>(Lanes::kRows * width)];
  int64_t r = 0;
  for (; r + Lanes::kRows <= count; r += Lanes::kRows) {
    convert<Lanes>(rows + r * width, Lanes::kRows * width, tile);
    multiply_rows<Lanes, Lanes::kRows>(tile, queries, scores + r * ScanQueries::kPanel,
                                       group_stride);
  }
  for (; r < count; ++r) {
    convert<Lanes>(rows + r * width, width, tile);
    multiply_rows<Lanes, 1>(tile, queries, scores + r * ScanQueries::kPanel, group_stride);
  }
  delete[] tile;
}

template <typename Lanes>
void dots(const uint16_t* rows, int64_t count, const ScanQueries& queries, float* scores) {
  if (queries.lanes == 1) {
    few<Lanes>(rows, count, queries, scores);
  } else {
    many<Lanes>(rows, count, queries, scores);
  }
}

}  // namespace
}  // namespace deepstack
