// VisionTower: a Vision Transformer whose intermediate layers are kept (DeepStack's taps), exactly
// Qwen3-VL's where the config says so.
//
// Pre-norm blocks as in Dosovitskiy et al. 2021, with a learned position table that is interpolated
// to other grids (bilinear, corners aligned) and, if the model says so, a 2-D rotary embedding. All
// tokens of a call go through the linear layers together; attention stays inside a frame of an
// item. A pass may stop at any tap and go on with some of its items. Immutable after load(); any
// thread may call.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <ATen/ATen.h>

#include "core/model/grid.h"
#include "core/model/grid_tables.h"
#include "core/model/linear.h"
#include "core/model/model_config.h"
#include "core/model/tower_state.h"
#include "core/model/weights.h"

namespace deepstack {

struct TowerOutput {
  std::vector<at::Tensor> taps;  // [N, D] residual stream after each of tap_layers blocks
  at::Tensor last;               // [N, D] after the last block, and the final norm if there is one
};

class VisionTower {
 public:
  // Reads the tower's tensors, computes in type; the reader's status says what was wrong.
  static VisionTower load(const TowerConfig& config, WeightReader& reader, at::Device device,
                          at::ScalarType type);

  // rows: pixel values [N, C * temporal * patch * patch] in the layout of deepstack::patchify, item
  // after item; grids: an entry an item, sides multiples of merge. Blocks beyond the last tap run
  // only with with_last. A wrong shape raises c10::Error.
  TowerOutput forward(const at::Tensor& rows, std::span<const Grid> grids, bool with_last) const;

  // The same in steps: begin() takes rows and grids as forward() does, run() goes on until so many
  // taps are taken. REQUIRES: the state is of this tower, taps <= the model's levels.
  TowerState begin(const at::Tensor& rows, std::span<const Grid> grids) const;
  void run(TowerState& state, size_t taps) const;

 private:
  struct Norm {
    at::Tensor weight, bias;
  };
  struct Block {
    Norm norm1;
    Linear qkv, proj;
    Norm norm2;
    Linear fc1, fc2;
  };
  // Frames of the same grid that follow each other: tokens first .. first + count * length - 1.
  struct Frames {
    int64_t first, count, length;
    GridTables tables;
  };

  std::vector<Frames> frames_of(std::span<const Grid> grids) const;
  at::Tensor embed(const at::Tensor& rows, const std::vector<Frames>& frames) const;
  at::Tensor norm(const at::Tensor& x, const Norm& parameters) const;
  at::Tensor attention(const at::Tensor& qkv, const Frames& frames) const;
  at::Tensor run_block(const at::Tensor& x, const Block& block,
                       const std::vector<Frames>& frames) const;
  void run_blocks(TowerState& state, int last, const std::vector<Frames>& frames) const;

  TowerConfig config_;
  Linear patch_embed_;
  std::vector<Block> blocks_;
  Norm norm_;
  std::unique_ptr<GridTableCache> tables_;
};

}  // namespace deepstack
