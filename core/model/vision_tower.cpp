#include "core/model/vision_tower.h"

#include "deepstack/operators.h"

namespace deepstack {

VisionTower VisionTower::load(const TowerConfig& config, WeightReader& reader, at::Device device,
                              at::ScalarType type) {
  const int64_t width = config.hidden_size;
  const int64_t inner = config.intermediate_size;
  const int64_t patch = config.patch_size;
  const auto options = at::TensorOptions().dtype(type).device(device);
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    return reader.take(name, shape, options);
  };
  const auto linear = [&](const std::string& name, int64_t out, int64_t in) {
    return Linear{take(name + ".weight", {out, in}), take(name + ".bias", {out})};
  };
  const auto layer_norm = [&](const std::string& name) {
    return Norm{take(name + ".weight", {width}), take(name + ".bias", {width})};
  };
  VisionTower tower;
  tower.config_ = config;
  const std::vector<int64_t> kernel =
      config.convolves_time ? std::vector<int64_t>{width, 3, config.temporal_patch, patch, patch}
                            : std::vector<int64_t>{width, 3, patch, patch};
  // A convolution whose step is its kernel is one product.
  tower.patch_embed_ = {take("patch_embed.proj.weight", kernel).reshape({width, -1}),
                        take("patch_embed.proj.bias", {width})};
  const int64_t positions = int64_t{config.table_rows} * config.table_columns;
  tower.tables_ = std::make_unique<GridTableCache>(
      config, reader.take("pos_embed.weight", {positions, width}, options.dtype(at::kFloat)), type);
  for (int i = 0; i < config.layers; ++i) {
    const std::string prefix = "blocks." + std::to_string(i) + ".";
    tower.blocks_.push_back(
        {layer_norm(prefix + "norm1"), linear(prefix + "attn.qkv", 3 * width, width),
         linear(prefix + "attn.proj", width, width), layer_norm(prefix + "norm2"),
         linear(prefix + "mlp.linear_fc1", inner, width),
         linear(prefix + "mlp.linear_fc2", width, inner)});
  }
  if (config.final_norm) tower.norm_ = layer_norm("norm");
  return tower;
}

std::vector<VisionTower::Frames> VisionTower::frames_of(std::span<const Grid> grids) const {
  std::vector<Frames> frames;
  int64_t first = 0;
  for (size_t i = 0; i < grids.size(); ++i) {
    const Grid& grid = grids[i];
    TORCH_CHECK(grid.frames > 0 && grid.rows > 0 && grid.columns > 0 &&
                    grid.rows % config_.merge == 0 && grid.columns % config_.merge == 0,
                "grid ", grid.frames, "x", grid.rows, "x", grid.columns,
                " is not of positive multiples of ", config_.merge);
    const bool continues =
        i > 0 && grid.rows == grids[i - 1].rows && grid.columns == grids[i - 1].columns;
    if (continues) {
      frames.back().count += grid.frames;
    } else {
      frames.push_back(
          {first, grid.frames, grid.rows * grid.columns, tables_->get(grid.rows, grid.columns)});
    }
    first += grid.tokens();
  }
  return frames;
}

at::Tensor VisionTower::embed(const at::Tensor& rows, const std::vector<Frames>& frames) const {
  const int64_t tokens =
      frames.empty() ? 0 : frames.back().first + frames.back().count * frames.back().length;
  TORCH_CHECK(
      rows.dim() == 2 && rows.size(0) == tokens && rows.size(1) == patch_embed_.weight.size(1),
      "pixel values are ", rows.sizes(), ", the grids need [", tokens, ", ",
      patch_embed_.weight.size(1), "]");
  at::Tensor x = patch_embed_.forward(
      rows.to(patch_embed_.weight.device(), patch_embed_.weight.scalar_type()));
  for (const Frames& part : frames) {
    x.narrow(0, part.first, part.count * part.length)
        .view({part.count, part.length, -1})
        .add_(part.tables.position);
  }
  return x;
}

at::Tensor VisionTower::norm(const at::Tensor& x, const Norm& parameters) const {
  return at::layer_norm(x, {config_.hidden_size}, parameters.weight, parameters.bias,
                        config_.layer_norm_eps);
}

// qkv [N, 3, heads, head] -> attended values of these frames [count * length, D].
at::Tensor VisionTower::attention(const at::Tensor& qkv, const Frames& frames) const {
  const int64_t tokens = frames.count * frames.length;
  const at::Tensor part = qkv.narrow(0, frames.first, tokens);
  const auto by_frame = [&](const at::Tensor& x) {  // -> [count, heads, length, head]
    return x.unflatten(0, {frames.count, frames.length}).transpose(1, 2);
  };
  const auto turned = [&](const at::Tensor& x) {
    return config_.rotary ? rotate_heads(x, frames.tables.cosine, frames.tables.sine) : x;
  };
  return at::scaled_dot_product_attention(by_frame(turned(part.select(1, 0))),
                                          by_frame(turned(part.select(1, 1))),
                                          by_frame(part.select(1, 2)))
      .transpose(1, 2)
      .reshape({tokens, config_.hidden_size});
}

at::Tensor VisionTower::run_block(const at::Tensor& x, const Block& block,
                                  const std::vector<Frames>& frames) const {
  const at::Tensor qkv = block.qkv.forward(norm(x, block.norm1))
                             .view({x.size(0), 3, config_.heads, config_.head_size()});
  std::vector<at::Tensor> parts;
  parts.reserve(frames.size());
  for (const Frames& part : frames) parts.push_back(attention(qkv, part));
  const at::Tensor attended = parts.size() == 1 ? parts.front() : at::cat(parts);
  const at::Tensor between = block.proj.forward_add(attended, x);
  const at::Tensor inner = block.fc1.forward_gelu(norm(between, block.norm2),
                                                  config_.tanh_gelu ? Gelu::kTanh : Gelu::kErf);
  return block.fc2.forward_add(inner, between);
}

// Runs blocks until so many have been run.
void VisionTower::run_blocks(TowerState& state, int last, const std::vector<Frames>& frames) const {
  for (; state.blocks < last; ++state.blocks) {
    const auto block = static_cast<size_t>(state.blocks);
    // The residual stream is replaced, never written in place, so a tap is a view that costs
    // nothing.
    if (!frames.empty()) state.stream = run_block(state.stream, blocks_[block], frames);
    if (state.taps.size() < config_.tap_layers.size() &&
        config_.tap_layers[state.taps.size()] == state.blocks + 1) {
      state.taps.push_back(state.stream);
    }
  }
}

TowerState VisionTower::begin(const at::Tensor& rows, std::span<const Grid> grids) const {
  const c10::InferenceMode inference;
  return {.grids = {grids.begin(), grids.end()},
          .blocks = 0,
          .stream = embed(rows, frames_of(grids)),
          .taps = {}};
}

void VisionTower::run(TowerState& state, size_t taps) const {
  const c10::InferenceMode inference;
  if (taps > state.taps.size()) {
    run_blocks(state, config_.tap_layers[taps - 1], frames_of(state.grids));
  }
}

TowerOutput VisionTower::forward(const at::Tensor& rows, std::span<const Grid> grids,
                                 bool with_last) const {
  const c10::InferenceMode inference;
  const std::vector<Frames> frames = frames_of(grids);
  TowerState state{.grids = {}, .blocks = 0, .stream = embed(rows, frames), .taps = {}};
  run_blocks(state, with_last ? config_.layers : config_.tap_layers.back(), frames);
  TowerOutput output{std::move(state.taps), {}};
  if (with_last) {
    output.last =
        config_.final_norm && !frames.empty() ? norm(state.stream, norm_) : state.stream;
  }
  return output;
}

}  // namespace deepstack
