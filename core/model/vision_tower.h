// VisionTower: a Vision Transformer whose intermediate layers are kept (DeepStack's taps).
//
// Pre-norm blocks as in Dosovitskiy et al. 2021, with a learned position table that is interpolated
// to other grids (bilinear, corners aligned) and, if the model says so, a 2-D rotary embedding as in
// Qwen3-VL: angles [row f, column f] with f_j = theta^(-2j / (head/2)), pairs (i, i + head/2).
// Immutable after load(); any thread may call forward().
#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "core/model/model_config.h"
#include "core/model/weights.h"

namespace deepstack {

struct TowerOutput {
  std::vector<at::Tensor> taps;  // [N, T, D] residual stream after each of tap_layers blocks
  at::Tensor last;               // [N, T, D] after the last block and the final LayerNorm
};

class VisionTower {
 public:
  // Reads the tower's tensors; the reader's status says what was wrong.
  static VisionTower load(const ModelConfig& config, WeightReader& reader, at::Device device);

  // images: [N, 3, H, W] uint8, sides multiples of the patch; T = H/patch * W/patch tokens in raster
  // order. Blocks beyond the last tap run only with with_last.
  TowerOutput forward(const at::Tensor& images, bool with_last) const;

 private:
  struct Linear {
    at::Tensor weight;
    at::Tensor bias;
  };
  struct Block {
    Linear norm1, qkv, proj, norm2, fc1, fc2;
  };
  struct Rotary {
    at::Tensor cosine;  // [T, head / 2]
    at::Tensor sine;
  };

  at::Tensor norm(const at::Tensor& x, const Linear& parameters) const;
  at::Tensor position_embedding(int64_t rows, int64_t columns) const;
  Rotary rotary_tables(int64_t rows, int64_t columns) const;
  at::Tensor attention(const at::Tensor& x, const Block& block, const Rotary& rotary) const;
  void run_block(at::Tensor& x, const Block& block, const Rotary& rotary) const;

  ModelConfig config_;
  Linear patch_embed_;
  at::Tensor position_;  // [grid rows * grid columns, D]
  std::vector<Block> blocks_;
  Linear norm_;
};

}  // namespace deepstack
