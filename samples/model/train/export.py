"""Writes a model folder: config.json, model.safetensors (F16) and reference.safetensors, the
outputs of the Python model for one seeded input, with which other implementations are compared.

Every file is written beside its place and renamed, so readers never see half a model.
"""

import argparse
import json
import os

import torch
from safetensors.torch import load_file, save_file

from model import DeepStackVit, load_config, match_score, mrope_rotation
from nuisance import standardise

REFERENCE_SEED = 2024
REFERENCE_TIMES = (0.0, 5.0)
REFERENCE_PATCHES = 24  # of the wide tensors, to keep the file small


def write_safetensors(tensors, path):
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(tensors, path + ".partial", metadata={"format": "pt"})
    os.chmod(path + ".partial", 0o644)
    os.replace(path + ".partial", path)


def write_config(config, path):
    with open(path + ".partial", "w") as stream:
        json.dump(config, stream, indent=2)
        stream.write("\n")
    os.replace(path + ".partial", path)


def load_weights(folder):
    weights = load_file(os.path.join(folder, "model.safetensors"))
    return {name: tensor.float() for name, tensor in weights.items()}


def load_model(folder):
    """The exported model of a folder in single precision, ready to run."""
    model = DeepStackVit(load_config(os.path.join(folder, "config.json")))
    model.load_state_dict(load_weights(folder))
    return model.eval()


def normalise(images, config):
    """RGB images [N, H, W, 3] of bytes to network input [N, 3, H, W]."""
    mean, deviation = torch.tensor(config["image_mean"]), torch.tensor(config["image_std"])
    return ((images.float() / 255 - mean) / deviation).permute(0, 3, 1, 2).contiguous()


@torch.no_grad()
def reference_outputs(model):
    """One seeded input and its outputs: `crops`, bytes as a resized box has them, and
    `pixel_values`, the same with their contrast set, before normalisation. To keep the file small,
    per-patch outputs are of the first image, and wide ones of its first patches."""
    generator = torch.Generator().manual_seed(REFERENCE_SEED)
    images = torch.randint(
        0, 256, (2, *model.config["image_size"], 3), generator=generator, dtype=torch.uint8
    )
    crops, contrast = images, model.config.get("crop_contrast", 0)
    if contrast:
        images = torch.stack(
            [torch.from_numpy(standardise(crop.numpy(), contrast)) for crop in crops]
        )
    output = model(normalise(images, model.config))
    tokens = model.pool(output["levels"])
    cos, sin = mrope_rotation(REFERENCE_TIMES, model.config)
    score = match_score(
        tokens[0],
        tokens[1],
        (cos[0], sin[0]),
        (cos[1], sin[1]),
        model.config["match"]["attention_scale"],
    )
    result = {
        "crops": crops.permute(0, 3, 1, 2),
        "pixel_values": images.permute(0, 3, 1, 2),
        "gates": output["gates"],
        "tokens": tokens,
        "score": score,
        "fused": output["fused"][:1],
        "last_hidden_state": output["last_hidden_state"][:1, :REFERENCE_PATCHES],
    }
    for number, tap in enumerate(output["taps"]):
        result[f"tap.{number}"] = tap[:1, :REFERENCE_PATCHES]
        result[f"level.{number}"] = output["levels"][:1, number]
    return result


def export(state, config, folder):
    os.makedirs(folder, exist_ok=True)
    half = {name: tensor.half() for name, tensor in state.items()}
    write_safetensors(half, os.path.join(folder, "model.safetensors"))
    write_config(config, os.path.join(folder, "config.json"))
    write_reference(folder)


def write_reference(folder):
    write_safetensors(
        reference_outputs(load_model(folder)), os.path.join(folder, "reference.safetensors")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", help="deepstack_vit.json, or a fitted config.json")
    parser.add_argument("output", help="folder to write the model to")
    parser.add_argument("--checkpoint", help="checkpoint of train.py; without it, random weights")
    parser.add_argument("--version", help="version to write into the config")
    options = parser.parse_args()
    config = load_config(options.config)
    config["version"] = options.version or config["version"]
    torch.manual_seed(0)
    state = DeepStackVit(config).state_dict()
    if options.checkpoint:
        state = torch.load(options.checkpoint, weights_only=True)["average"]
    export(state, config, options.output)


if __name__ == "__main__":
    main()
