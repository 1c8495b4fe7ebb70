// Feature: what one pass of the tower says about one detection, on several levels.
//
// tokens is [levels, tokens, width] row-major: the adapted DeepStack levels, shallow first, averaged
// over a small grid of the box (raster order, rows x columns = tokens). gates is [tokens, levels]:
// how much the fusion gate trusts each level at that place, summing to 1. fused is [tokens, width].
// A pass that stopped early has fewer levels than the shape says, and then fused is empty.
#pragma once

#include <cstddef>
#include <vector>

namespace deepstack {

struct FeatureShape {
  int levels = 0;
  int rows = 0;     // of the pooling grid
  int columns = 0;  // of the pooling grid
  int width = 0;    // channels of a token

  int tokens() const { return rows * columns; }
  size_t level_size() const { return static_cast<size_t>(tokens()) * static_cast<size_t>(width); }
  size_t tokens_size() const { return static_cast<size_t>(levels) * level_size(); }
  bool operator==(const FeatureShape&) const = default;
};

struct Feature {
  std::vector<float> tokens;
  std::vector<float> gates;
  std::vector<float> fused;

  // Levels that are there.
  int levels(const FeatureShape& shape) const {
    return static_cast<int>(tokens.size() / shape.level_size());
  }
  size_t bytes() const { return (tokens.size() + gates.size() + fused.size()) * sizeof(float); }
};

}  // namespace deepstack
