"""Qwen3-VL vision towers of a few numbers, made and run by transformers: what ours is compared with."""
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from transformers import Qwen3VLVisionConfig, Qwen3VLVisionModel

# Heads of 12 channels, an odd table, taps that neither touch each other nor the end, and an output
# width that is not the tower's.
SMALL = dict(depth=5, hidden_size=48, num_heads=4, intermediate_size=80, in_channels=3, patch_size=4,
             temporal_patch_size=2, spatial_merge_size=2, num_position_embeddings=49,
             out_hidden_size=40, deepstack_visual_indexes=[0, 2, 3], hidden_act="gelu_pytorch_tanh")


def tower(config, generator, scale=1.0):
    """A tower with every parameter drawn: default weights have zero biases and unit norms, which would
    hide errors. A scale well below 1 shows a LayerNorm with another epsilon."""
    config = Qwen3VLVisionConfig(**config)
    config._attn_implementation = "eager"
    model = Qwen3VLVisionModel(config).eval().float()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                base = 1.0 if "norm" in name and name.endswith("weight") else 0.0
                parameter.copy_(base + 0.2 * torch.randn(parameter.shape, generator=generator))
            elif "pos_embed" in name:
                parameter.copy_(0.7 * torch.randn(parameter.shape, generator=generator))
            else:
                inputs = parameter[0].numel()
                drawn = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(drawn * (1.3 / inputs ** 0.5))
        for name in ("patch_embed.proj.weight", "patch_embed.proj.bias", "pos_embed.weight"):
            model.get_parameter(name).mul_(scale)
    return model


def write(model, folder, prefix="model.visual.", dtype=torch.float32, shards=1):
    """As published: config.json, and one file or shards with their index. model is rounded to dtype."""
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tensors = {}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            stored = parameter.to(dtype)
            parameter.copy_(stored.float())
            tensors[prefix + name] = stored.contiguous().clone()
    # A language model stands beside the tower; nobody may ask for it.
    tensors["model.language_model.embed_tokens.weight"] = torch.zeros(64, 16, dtype=dtype)
    vision = {**model.config.to_dict(), "model_type": "qwen3_vl"}
    (folder / "config.json").write_text(
        json.dumps({"model_type": "qwen3_vl", "vision_config": vision}, default=str))
    if shards == 1:
        save_file(tensors, folder / "model.safetensors")
        return
    names = sorted(tensors)
    weight_map = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        mine = names[shard::shards]
        save_file({name: tensors[name] for name in mine}, folder / file)
        weight_map.update({name: file for name in mine})
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {"total_size": 0}, "weight_map": weight_map}))


def reference(model, pixels, grid):
    """What transformers says, under the names of `deepstack features`."""
    taps = {}
    hooks = [block.register_forward_hook(lambda _, __, out, i=i: taps.__setitem__(i, out))
             for i, block in enumerate(model.blocks)]
    with torch.no_grad():
        out = model(pixels, grid_thw=grid, return_dict=True)
    for hook in hooks:
        hook.remove()
    result = {"last_hidden_state": out.last_hidden_state, "merged": out.pooler_output}
    for level, block in enumerate(sorted(model.config.deepstack_visual_indexes)):
        result[f"levels.{level}"] = taps[block]
        result[f"deepstack.{level}"] = out.deepstack_features[level]
    return result


def relative(mine, theirs):
    """Relative L2 distance."""
    return ((mine.double() - theirs.double()).norm() / theirs.double().norm()).item()
