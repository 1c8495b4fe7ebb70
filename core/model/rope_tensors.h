// Position ids and angles of the language model's rotary embedding as tensors with names: what
// `deepstack features --mrope` writes.
#pragma once

#include "core/model/host_tensor.h"
#include "core/model/model_config.h"
#include "core/status.h"

namespace deepstack {

// The tensors of rope_tensors()' input; others are not read.
inline constexpr const char* kRopeInputs[] = {
    "positions",      "input_ids",      "mm_token_type_ids", "attention_mask",
    "image_grid_thw", "video_grid_thw", "grid_thw"};

// Input, one of:
//   positions [N, 3]        time, row, column, of any numeric type
//   input_ids [B, S] or [S] a prompt, with image_grid_thw and video_grid_thw [K, 3] where it has
//   some;
//                           mm_token_type_ids (0 text, 1 image, 2 video; by token id when missing)
//                           and attention_mask of the same shape
//   grid_thw [K, 3]         pictures and clips back to back
// Output: angles [..., C/2] F64, cos and sin of them times YaRN's magnitude, F64; for the last two
// forms also position_ids [3, B, S] I64 and rope_deltas [B, 1] I64.
// For models without a language model the match's own rotary embedding is meant.
Result<HostTensors> rope_tensors(const ModelConfig& config, const HostTensors& input);

}  // namespace deepstack
