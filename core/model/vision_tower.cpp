#include "core/model/vision_tower.h"

#include "deepstack/operators.h"

namespace deepstack {
namespace {

// Rotates [N, heads, T, head] by tables [T, head / 2].
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
  const int64_t half = x.size(3) / 2;
  const at::Tensor low = x.narrow(3, 0, half);
  const at::Tensor high = x.narrow(3, half, half);
  return at::cat({low * cosine - high * sine, high * cosine + low * sine}, 3);
}

// Where the cells of a grid of count fall on a table of size entries, corners aligned: [count].
at::Tensor aligned_positions(int64_t count, int64_t size, const at::TensorOptions& options) {
  const double step =
      static_cast<double>(size - 1) / static_cast<double>(std::max<int64_t>(count - 1, 1));
  return at::arange(count, options) * step;
}

}  // namespace

VisionTower VisionTower::load(const ModelConfig& config, WeightReader& reader, at::Device device) {
  const int64_t width = config.hidden_size;
  const int64_t inner = config.intermediate_size;
  const int64_t pixels = int64_t{3} * config.patch_size * config.patch_size;
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    return reader.take(name, shape).to(device);
  };
  const auto linear = [&](const std::string& name, int64_t out, int64_t in) {
    return Linear{take(name + ".weight", {out, in}), take(name + ".bias", {out})};
  };
  const auto layer_norm = [&](const std::string& name) {
    return Linear{take(name + ".weight", {width}), take(name + ".bias", {width})};
  };
  VisionTower tower;
  tower.config_ = config;
  tower.patch_embed_ = {
      take("patch_embed.proj.weight", {width, 3, config.patch_size, config.patch_size})
          .reshape({width, pixels}),
      take("patch_embed.proj.bias", {width})};
  tower.position_ =
      take("pos_embed.weight", {int64_t{config.grid_rows()} * config.grid_columns(), width});
  for (int i = 0; i < config.layers; ++i) {
    const std::string prefix = "blocks." + std::to_string(i) + ".";
    tower.blocks_.push_back({layer_norm(prefix + "norm1"),
                             linear(prefix + "attn.qkv", 3 * width, width),
                             linear(prefix + "attn.proj", width, width),
                             layer_norm(prefix + "norm2"),
                             linear(prefix + "mlp.linear_fc1", inner, width),
                             linear(prefix + "mlp.linear_fc2", width, inner)});
  }
  tower.norm_ = layer_norm("norm");
  return tower;
}

at::Tensor VisionTower::norm(const at::Tensor& x, const Linear& parameters) const {
  return at::layer_norm(x, {config_.hidden_size}, parameters.weight, parameters.bias,
                        config_.layer_norm_eps);
}

at::Tensor VisionTower::position_embedding(int64_t rows, int64_t columns) const {
  const int64_t table_rows = config_.grid_rows();
  const int64_t table_columns = config_.grid_columns();
  if (rows == table_rows && columns == table_columns) return position_;
  const at::Tensor y = aligned_positions(rows, table_rows, position_.options());
  const at::Tensor x = aligned_positions(columns, table_columns, position_.options());
  const at::Tensor y0 = y.floor();
  const at::Tensor x0 = x.floor();
  const at::Tensor fy = (y - y0).view({rows, 1, 1});
  const at::Tensor fx = (x - x0).view({1, columns, 1});
  const auto corner = [&](int64_t dy, int64_t dx) {
    const at::Tensor row = (y0 + dy).clamp_max(table_rows - 1).to(at::kLong).view({rows, 1});
    const at::Tensor column = (x0 + dx).clamp_max(table_columns - 1).to(at::kLong).view({1, columns});
    return position_.index_select(0, (row * table_columns + column).reshape(-1))
        .view({rows, columns, -1});
  };
  const at::Tensor mixed = corner(0, 0) * (1 - fy) * (1 - fx) + corner(0, 1) * (1 - fy) * fx +
                           corner(1, 0) * fy * (1 - fx) + corner(1, 1) * fy * fx;
  return mixed.view({rows * columns, -1});
}

VisionTower::Rotary VisionTower::rotary_tables(int64_t rows, int64_t columns) const {
  const int64_t axis_frequencies = config_.head_size() / 4;
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor exponent =
      at::arange(axis_frequencies, options) * (-4.0 / static_cast<double>(config_.head_size()));
  const at::Tensor frequency = at::pow(at::full({}, config_.rope_theta, options), exponent);
  const at::Tensor index = at::arange(rows * columns, options);
  const at::Tensor row = at::floor_divide(index, static_cast<double>(columns)).unsqueeze(1);
  const at::Tensor column = at::remainder(index, static_cast<double>(columns)).unsqueeze(1);
  const at::Tensor angles = at::cat({row * frequency, column * frequency}, 1);
  const auto place = position_.options();
  return {angles.cos().to(place), angles.sin().to(place)};
}

at::Tensor VisionTower::attention(const at::Tensor& x, const Block& block,
                                  const Rotary& rotary) const {
  const int64_t count = x.size(0);
  const int64_t tokens = x.size(1);
  const at::Tensor qkv = at::linear(x, block.qkv.weight, block.qkv.bias)
                             .view({count, tokens, 3, config_.heads, config_.head_size()})
                             .permute({2, 0, 3, 1, 4});
  at::Tensor query = qkv[0];
  at::Tensor key = qkv[1];
  if (config_.rotary) {
    query = rotate(query, rotary.cosine, rotary.sine);
    key = rotate(key, rotary.cosine, rotary.sine);
  }
  return at::scaled_dot_product_attention(query, key, qkv[2])
      .transpose(1, 2)
      .reshape({count, tokens, config_.hidden_size});
}

void VisionTower::run_block(at::Tensor& x, const Block& block, const Rotary& rotary) const {
  x = x + at::linear(attention(norm(x, block.norm1), block, rotary), block.proj.weight,
                     block.proj.bias);
  const at::Tensor inner = at::linear(norm(x, block.norm2), block.fc1.weight, block.fc1.bias);
  x = x + at::linear(at::gelu(inner, config_.tanh_gelu ? "tanh" : "none"), block.fc2.weight,
                     block.fc2.bias);
}

TowerOutput VisionTower::forward(const at::Tensor& images, bool with_last) const {
  const c10::InferenceMode inference;
  const int64_t rows = images.size(2) / config_.patch_size;
  const int64_t columns = images.size(3) / config_.patch_size;
  const Rotary rotary = config_.rotary ? rotary_tables(rows, columns) : Rotary{};
  at::Tensor x = at::linear(
      patchify(images, config_.patch_size, config_.image_mean, config_.image_std),
      patch_embed_.weight, patch_embed_.bias);
  x = x + position_embedding(rows, columns);

  TowerOutput output;
  const int blocks = with_last ? config_.layers : config_.tap_layers.back();
  for (int i = 0; i < blocks; ++i) {
    run_block(x, blocks_[i], rotary);
    // The residual stream is replaced, never written in place, so a tap is a view that costs nothing.
    if (output.taps.size() < config_.tap_layers.size() &&
        config_.tap_layers[output.taps.size()] == i + 1) {
      output.taps.push_back(x);
    }
  }
  if (with_last) output.last = norm(x, norm_);
  return output;
}

}  // namespace deepstack
