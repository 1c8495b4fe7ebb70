// The config of a Qwen3-VL of a few numbers, for random weights.
#pragma once

namespace deepstack::test {

// Heads of 12 channels, an odd table, and taps that neither touch each other nor the end.
inline constexpr const char* kTinyQwenConfig = R"({
  "model_type": "qwen3_vl",
  "vision_config": {"model_type": "qwen3_vl", "depth": 4, "hidden_size": 48, "num_heads": 4,
    "intermediate_size": 80, "in_channels": 3, "patch_size": 4, "temporal_patch_size": 2,
    "spatial_merge_size": 2, "num_position_embeddings": 49, "out_hidden_size": 40,
    "deepstack_visual_indexes": [0, 2], "hidden_act": "gelu_pytorch_tanh"}})";

}  // namespace deepstack::test
