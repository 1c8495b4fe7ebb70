#include "core/model/rope_tensors.h"

#include <algorithm>
#include <cstring>

#include "core/model/feature_extractor.h"
#include "core/model/mrope.h"
#include "core/model/mrope_positions.h"
#include "core/model/weights.h"
#include "deepstack/operators.h"

namespace deepstack {
namespace {

// A batch of sequences: their shape, what each token is, and which count.
struct Prompt {
  int64_t batch = 1;
  int64_t length = 0;
  std::vector<Modality> tokens;  // [batch * length]
  std::vector<uint8_t> mask;     // the same; empty: all
  std::vector<Grid> images, videos;
};

TextRopeConfig rope_of(const ModelConfig& config) {
  if (config.text_rope) return *config.text_rope;
  if (config.merger.output_size > 0) {  // a vision config alone: what every Qwen3-VL has
    return {.head_size = 128,
            .theta = 5e6,
            .section = {24, 20, 20},
            .image_token = 151655,
            .video_token = 151656};
  }
  return {.head_size = config.level_width(),
          .theta = config.match.mrope_theta,
          .section = config.match.mrope_section};
}

Result<std::vector<Grid>> grids_in(const HostTensors& input, const char* name) {
  const auto found = input.find(name);
  if (found == input.end()) return std::vector<Grid>{};
  return to_grids(found->second);
}

// Whole numbers of the named tensor, as many as the prompt has tokens; none when it is missing.
Result<std::vector<int64_t>> numbers_in(const HostTensors& input, const char* name, size_t count) {
  const auto found = input.find(name);
  if (found == input.end()) return std::vector<int64_t>{};
  Result<std::vector<int64_t>> values = whole_numbers(found->second);
  if (!values.ok()) return corrupt(std::string(name) + " " + values.status().message());
  if (values->size() != count) {
    return corrupt(std::string(name) + " has " + std::to_string(values->size()) +
                   " numbers, input_ids has " + std::to_string(count));
  }
  return values;
}

Status read_tokens(const HostTensors& input, const TextRopeConfig& rope, Prompt& prompt) {
  const HostTensor& ids = input.at("input_ids");
  if (ids.shape.empty() || ids.shape.size() > 2) {
    return corrupt("input_ids must have the shape [B, S] or [S]");
  }
  prompt.length = ids.shape.back();
  prompt.batch = ids.shape.size() == 2 ? ids.shape[0] : 1;
  const auto count = static_cast<size_t>(prompt.batch * prompt.length);
  const Result<std::vector<int64_t>> tokens = numbers_in(input, "input_ids", count);
  if (!tokens.ok()) return tokens.status();
  const Result<std::vector<int64_t>> types = numbers_in(input, "mm_token_type_ids", count);
  if (!types.ok()) return types.status();
  const Result<std::vector<int64_t>> mask = numbers_in(input, "attention_mask", count);
  if (!mask.ok()) return mask.status();
  if (!input.contains("mm_token_type_ids")) {
    prompt.tokens = modalities_of(*tokens, {rope.image_token, rope.video_token});
  }
  for (const int64_t type : *types) {
    if (type < 0 || type > 2) {
      return corrupt("mm_token_type_ids has " + std::to_string(type) + ", 0..2 are known");
    }
    prompt.tokens.push_back(static_cast<Modality>(type));
  }
  for (const int64_t counts : *mask) prompt.mask.push_back(counts != 0 ? 1 : 0);
  return {};
}

Result<Prompt> read_prompt(const HostTensors& input, const TextRopeConfig& rope, int merge) {
  Prompt prompt;
  if (input.contains("input_ids")) {
    if (Status status = read_tokens(input, rope, prompt); !status.ok()) return status;
    Result<std::vector<Grid>> images = grids_in(input, "image_grid_thw");
    if (!images.ok()) return images.status();
    Result<std::vector<Grid>> videos = grids_in(input, "video_grid_thw");
    if (!videos.ok()) return videos.status();
    prompt.images = *std::move(images);
    prompt.videos = *std::move(videos);
    return prompt;
  }
  Result<std::vector<Grid>> grids = grids_in(input, "grid_thw");
  if (!grids.ok()) return grids.status();
  prompt.videos = *std::move(grids);
  for (const Grid& grid : prompt.videos) prompt.length += grid.tokens() / merge / merge;
  prompt.tokens.assign(static_cast<size_t>(prompt.length), Modality::kClip);
  return prompt;
}

HostTensor host_doubles(const at::Tensor& x, std::vector<int64_t> shape) {
  const at::Tensor dense = x.contiguous();
  return make_host_tensor<double>(
      TensorType::kF64, std::move(shape),
      {dense.const_data_ptr<double>(), static_cast<size_t>(dense.numel())});
}

// angles, cos and sin of positions [N, 3]; leading: the shape of N.
Status add_angles(const at::Tensor& positions, const TextRopeConfig& rope,
                  std::vector<int64_t> leading, HostTensors& out) {
  std::optional<YarnScaling> yarn;
  if (rope.yarn_factor > 0) yarn = {rope.yarn_factor, rope.yarn_original_positions};
  const Result<MropeFrequencies> frequencies =
      mrope_frequencies(rope.head_size / 2, rope.theta, yarn);
  if (!frequencies.ok()) return frequencies.status();
  const std::vector<int64_t> section(rope.section.begin(), rope.section.end());
  const at::Tensor angles =
      mrope_angles(positions, at::tensor(frequencies->frequency, at::kDouble), section);
  leading.push_back(angles.size(1));
  out["angles"] = host_doubles(angles, leading);
  out["cos"] = host_doubles(angles.cos() * frequencies->magnitude, leading);
  out["sin"] = host_doubles(angles.sin() * frequencies->magnitude, leading);
  return {};
}

// The numbers of a tensor as doubles.
Result<at::Tensor> doubles_of(const HostTensor& tensor) {
  if (const auto type = float_type(tensor.type)) {
    return at::from_blob(const_cast<char*>(tensor.bytes.data()), tensor.shape,
                         at::TensorOptions().dtype(*type))
        .to(at::kDouble);
  }
  const Result<std::vector<int64_t>> values = whole_numbers(tensor);
  if (!values.ok()) return values.status();
  return at::tensor(*values, at::kLong).view(tensor.shape).to(at::kDouble);
}

// The grids at the front of rest that hold this many tokens: those of one sequence of a batch.
// Whether they fit is mrope_positions()' to say.
std::span<const Grid> take_grids(std::span<const Grid>& rest, int64_t tokens, int merge) {
  size_t count = 0;
  for (int64_t held = 0; count < rest.size() && held < tokens; ++count) {
    held += rest[count].tokens() / merge / merge;
  }
  const std::span<const Grid> taken = rest.first(count);
  rest = rest.subspan(count);
  return taken;
}

// Positions of every sequence of the batch.
Result<std::vector<MropePositions>> positions_of(const Prompt& prompt, int merge) {
  std::span<const Grid> images(prompt.images);
  std::span<const Grid> videos(prompt.videos);
  const auto length = static_cast<size_t>(prompt.length);
  std::vector<MropePositions> rows;
  for (size_t row = 0; row < static_cast<size_t>(prompt.batch); ++row) {
    MropeSequence sequence{.merge = merge};
    sequence.tokens = std::span(prompt.tokens).subspan(row * length, length);
    if (!prompt.mask.empty()) {
      sequence.attention = std::span(prompt.mask).subspan(row * length, length);
    }
    const auto count = [&](Modality modality) {
      int64_t tokens = 0;
      for (size_t i = 0; i < length; ++i) {
        const bool counts = sequence.attention.empty() || sequence.attention[i] != 0;
        tokens += counts && sequence.tokens[i] == modality ? 1 : 0;
      }
      return tokens;
    };
    const bool last = row + 1 == static_cast<size_t>(prompt.batch);
    sequence.pictures = last ? images : take_grids(images, count(Modality::kPicture), merge);
    sequence.clips = last ? videos : take_grids(videos, count(Modality::kClip), merge);
    Result<MropePositions> positions = mrope_positions(sequence);
    if (!positions.ok()) return positions.status();
    rows.push_back(*std::move(positions));
  }
  return rows;
}

Status add_prompt(const ModelConfig& config, const TextRopeConfig& rope, const HostTensors& input,
                  HostTensors& out) {
  Result<Prompt> prompt = read_prompt(input, rope, config.tower.merge);
  if (!prompt.ok()) return prompt.status();
  const Result<std::vector<MropePositions>> rows = positions_of(*prompt, config.tower.merge);
  if (!rows.ok()) return rows.status();
  std::vector<int64_t> ids;
  std::vector<int64_t> deltas;
  for (size_t axis = 0; axis < 3; ++axis) {
    for (const MropePositions& row : *rows) {
      ids.insert(ids.end(), row.axes[axis].begin(), row.axes[axis].end());
    }
  }
  for (const MropePositions& row : *rows) deltas.push_back(row.delta);
  const at::Tensor positions = at::tensor(ids, at::kLong).view({3, -1}).t().to(at::kDouble);
  out["position_ids"] =
      make_host_tensor<int64_t>(TensorType::kI64, {3, prompt->batch, prompt->length}, ids);
  out["rope_deltas"] = make_host_tensor<int64_t>(TensorType::kI64, {prompt->batch, 1}, deltas);
  return add_angles(positions.contiguous(), rope, {prompt->batch, prompt->length}, out);
}

}  // namespace

Result<HostTensors> rope_tensors(const ModelConfig& config, const HostTensors& input) try {
  const c10::InferenceMode inference;
  const TextRopeConfig rope = rope_of(config);
  HostTensors out;
  if (const auto given = input.find("positions"); given != input.end()) {
    const HostTensor& tensor = given->second;
    if (tensor.shape.size() != 2 || tensor.shape[1] != 3) {
      return corrupt("positions must have the shape [N, 3]");
    }
    const Result<at::Tensor> positions = doubles_of(tensor);
    if (!positions.ok()) return positions.status();
    const Status status = add_angles(*positions, rope, {tensor.shape[0]}, out);
    if (!status.ok()) return status;
    return out;
  }
  if (!input.contains("input_ids") && !input.contains("grid_thw")) {
    return not_found("has none of positions, input_ids and grid_thw");
  }
  if (Status status = add_prompt(config, rope, input, out); !status.ok()) return status;
  return out;
} catch (const std::exception& error) {
  return internal(std::string("position ids failed: ") + error.what());
}

}  // namespace deepstack
