#!/usr/bin/env python3
"""Writes the first inputs of a fuzz target: make_seeds.py TARGET FOLDER."""
import json
import pathlib
import struct
import sys


def tensor(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors():
    """As safetensors_fuzz.cpp reads them: 0, size of the data, header; or 1, the file."""
    headers = [
        ({}, 0),
        ({"__metadata__": {"format": "pt"}, "t": tensor([2, 3], 0, 24)}, 24),
        ({"a": tensor([1], 4, 8), "b": tensor([], 0, 4), "c": tensor([0, 5], 8, 8, "BOOL")}, 8),
        ({f"blocks.{i}.w": tensor([2], 4 * i, 4 * i + 4, "BF16") for i in range(20)}, 80),
    ]
    for header, size in headers:
        text = json.dumps(header).encode()
        yield b"\0" + struct.pack("<H", size) + text
        yield b"\1" + struct.pack("<Q", len(text)) + text + bytes(size)
    yield b"\1" + struct.pack("<Q", 2**63) + b"{}"


def json_guard():
    yield json.dumps({"a": [1, -2, 3.5, True, None], "b": {"a": "\u00e9\n\"\\"}}).encode()
    yield '{"\u00e9": ["\U0001f600", 1e-3, 18446744073709551615]}'.encode()
    yield b"[" * 40 + b"]" * 40
    yield b' \n[ 1 , "x" ]\t '


def model_config():
    config = {
        "model_type": "deepstack_vit", "name": "tiny", "version": "1.2", "image_size": [32, 16],
        "patch_size": 4, "hidden_size": 24, "num_attention_heads": 2, "num_hidden_layers": 4,
        "intermediate_size": 48, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "rotary": True,
        "rope_theta": 100.0, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6],
        "tap_layers": [1, 3, 4], "projection_size": 16, "pool": [4, 2],
        "match": {"mrope_section": [4, 2, 2], "mrope_theta": 1e6, "mrope_rate": 2,
                  "attention_scale": 8, "level_bias": [0.5, 0, -0.5],
                  "level_gap_slope": [-1, 0, 1], "scale": 12, "offset": 0.25}}
    yield json.dumps(config).encode()
    yield json.dumps({**config, "patch_size": -1}).encode()
    vision = {"depth": 5, "hidden_size": 48, "num_heads": 4, "intermediate_size": 80,
              "in_channels": 3, "patch_size": 4, "temporal_patch_size": 2,
              "spatial_merge_size": 2, "num_position_embeddings": 49, "out_hidden_size": 40,
              "deepstack_visual_indexes": [0, 2, 3], "hidden_act": "gelu_pytorch_tanh"}
    rope = {"rope_type": "yarn", "factor": 3.0, "mrope_section": [4, 2, 2], "rope_theta": 5e6}
    yield json.dumps({"model_type": "qwen3_vl", "vision_config": vision, "image_token_id": 120,
                      "text_config": {"head_dim": 16, "rope_parameters": rope}}).encode()
    yield json.dumps({**vision, "model_type": "qwen3_vl_vision"}).encode()


def weight_index():
    shards = {"a.weight": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    yield json.dumps({"metadata": {"total_size": 12, "more": [{}]}, "weight_map": shards}).encode()
    yield json.dumps({"weight_map": {"a": "../x.safetensors"}}, indent=2).encode()


def frame_view():
    """As frame_view_fuzz.cpp reads them: format, 8, width, height, stride and length a plane."""
    for form, width, height, planes in [
            (0, 4, 3, [(12, 36)]), (3, 5, 5, [(20, 100)]), (6, 7, 2, [(16, 23)]),
            (7, 5, 3, [(5, 15), (3, 6), (3, 6)]), (8, 6, 4, [(8, 32), (8, 16)])]:
        yield struct.pack("<BBbb", form, 1, width, height) + b"".join(
            struct.pack("<HH", stride, size) for stride, size in planes)
    yield struct.pack("<BBii", 0, 0, 16384, 16384) + struct.pack("<QH", 2**63, 65535)


def mot_file():
    yield b"1,-1,10.5,20,30,40,0.9,-1,-1,-1\n1,-1,50,20,30,40,0.5\n3,-1,1,2,3,4,1\r\n\n"
    yield b" 2 , 7 , -1e2 , 0 , 1 , 1 , 0\n"
    yield b"1,2,3\n"
    yield b"0,0,0,0,0,0,0\n"


def redact():
    """As redact_fuzz.cpp reads them: length of the secret, its place, the secret, the rest."""
    for secret, text in ((b"S3cretPw", b"rtsp://admin:@10.0.0.5:554/live?a=b&password=x#c"),
                         (b"p%41@/", b"at http%3A%2F%2Fu%3Ap%40cam and :\\/\\/a@b"),
                         (b"", b"rtsp://a:b@[::1]/x?token=1")):
        yield bytes([len(secret), 13]) + secret + text


def settings_file():
    yield b'{"model": "a", "threshold": 0.25, "name": ["door", true, 7], "uri": []}'
    yield b'{"model": {"a": [1]}, "thershold": null}'


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    makers = {f.__name__: f for f in (safetensors, json_guard, model_config, weight_index,
                                      frame_view, mot_file, redact, settings_file)}
    for number, seed in enumerate(makers[target]()):
        (folder / str(number)).write_bytes(seed)


if __name__ == "__main__":
    main()
