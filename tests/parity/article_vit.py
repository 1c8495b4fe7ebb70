"""The article's tower in transformers: SigLIP's vision model has the blocks of a deepstack_vit without
rotary embedding, name for name another, and no class token."""
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file
from transformers import SiglipVisionConfig, SiglipVisionModel

# ViT-L/14 at 384 x 384; levels after blocks 6, 12 and 23 of 24, projected from 1024 to 4096 channels.
SIZES = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16,
             intermediate_size=4096, patch_size=14, image_size=384)
HEAD = dict(tap_layers=[6, 12, 23], projection_size=4096, fusion="gated")


def tower(attention, **sizes):
    config = SiglipVisionConfig(**sizes, hidden_act="gelu_pytorch_tanh", layer_norm_eps=1e-6,
                                vision_use_head=False)
    config._attn_implementation = attention
    return SiglipVisionModel(config).eval().float()


def vision(model):
    return getattr(model, "vision_model", model)


def write(model, folder, head):
    """model as a deepstack_vit; adapters and gate of `head` are drawn."""
    config = model.config
    width, inner = config.hidden_size, head["projection_size"]
    levels = len(head["tap_layers"])
    parts = dict(vision(model).named_parameters())
    tensors = {"patch_embed.proj.weight": parts["embeddings.patch_embedding.weight"],
               "patch_embed.proj.bias": parts["embeddings.patch_embedding.bias"],
               "pos_embed.weight": parts["embeddings.position_embedding.weight"]}
    for kind in ("weight", "bias"):
        tensors[f"norm.{kind}"] = parts[f"post_layernorm.{kind}"]
        for n in range(config.num_hidden_layers):
            layer, block = f"encoder.layers.{n}", f"blocks.{n}"
            tensors[f"{block}.norm1.{kind}"] = parts[f"{layer}.layer_norm1.{kind}"]
            tensors[f"{block}.norm2.{kind}"] = parts[f"{layer}.layer_norm2.{kind}"]
            tensors[f"{block}.attn.qkv.{kind}"] = torch.cat(
                [parts[f"{layer}.self_attn.{x}_proj.{kind}"] for x in "qkv"])
            tensors[f"{block}.attn.proj.{kind}"] = parts[f"{layer}.self_attn.out_proj.{kind}"]
            for fc in ("fc1", "fc2"):
                tensors[f"{block}.mlp.linear_{fc}.{kind}"] = parts[f"{layer}.mlp.{fc}.{kind}"]
    fused = inner * (levels if head.get("fusion") == "concat" else 1)
    drawn = {f"adapters.{k}.linear": (inner, width) for k in range(levels)}
    if head.get("fusion") != "concat":
        drawn["gate"] = (levels, inner)
    if head.get("output_size"):
        drawn["output"] = (head["output_size"], fused)
    for name, shape in drawn.items():
        tensors[f"{name}.weight"] = torch.randn(shape) / shape[1] ** 0.5
        tensors[f"{name}.bias"] = 0.1 * torch.randn(shape[0])
    for name, size in {**{f"adapters.{k}.norm": inner for k in range(levels)},
                       "fusion_norm": fused}.items():
        tensors[f"{name}.weight"] = 1 + 0.1 * torch.randn(size)
        tensors[f"{name}.bias"] = 0.1 * torch.randn(size)
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save_file({name: x.detach().contiguous().clone() for name, x in tensors.items()},
              folder / "model.safetensors")
    time = inner // 2 - 2 * (inner // 6)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "deepstack_vit", "image_size": [config.image_size] * 2,
        "patch_size": config.patch_size, "hidden_size": width,
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "intermediate_size": config.intermediate_size, "hidden_act": config.hidden_act,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "pool": [4, 2], **head,
        "match": {"mrope_section": [time, inner // 6, inner // 6], "mrope_theta": 5e6,
                  "mrope_rate": 1, "attention_scale": 16, "level_bias": [0] * levels,
                  "level_gap_slope": [0] * levels, "scale": 20, "offset": 0.6}}))
    return tensors
