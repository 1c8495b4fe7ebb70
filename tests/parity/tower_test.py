#!/usr/bin/env python3
"""`deepstack features` against transformers, which nobody here wrote: every tap, merger and output, on
fixed and on drawn configurations. Environment: DEEPSTACK_PROGRAM; DEEPSTACK_SEED repeats a run.
"""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import torch
from safetensors.torch import load_file, save_file

import article_vit
import qwen3_vl
from qwen3_vl import SMALL

PROGRAM = os.environ["DEEPSTACK_PROGRAM"]
SEED = int(os.environ.get("DEEPSTACK_SEED", random.randrange(1 << 30)))
EXACT = 5e-6   # relative L2, fp32
ROUNDED = 3e-2  # bf16 and fp16: no more than a smoke test


def features(folder, **options):
    """Runs the program in `folder` on in.safetensors there; returns its tensors."""
    arguments = [part for key, value in options.items()
                 for part in (f"--{key.replace('_', '-')}", str(value))]
    done = subprocess.run([PROGRAM, "features", "--model", "model", "--input", "in.safetensors",
                           "--output", "out.safetensors", "--device", "cpu", *arguments],
                          cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return load_file(pathlib.Path(folder, "out.safetensors"))


class Tower(unittest.TestCase):
    def setUp(self):
        print(f"DEEPSTACK_SEED={SEED}", flush=True)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.generator = torch.Generator().manual_seed(SEED)

    def compare(self, config, grids, tolerance=EXACT, scale=1.0, options=None, **stored):
        model = qwen3_vl.tower(config, self.generator, scale)
        qwen3_vl.write(model, self.folder / "model", **stored)
        grid = torch.tensor(grids)
        width = 3 * config["temporal_patch_size"] * config["patch_size"] ** 2
        pixels = torch.randn(int(grid.prod(1).sum()), width, generator=self.generator)
        save_file({"pixel_values": pixels, "grid_thw": grid}, self.folder / "in.safetensors")
        mine = features(self.folder, **(options or {}))
        worst = 0.0
        for name, theirs in qwen3_vl.reference(model, pixels, grid).items():
            self.assertEqual(mine[name].shape, theirs.shape, name)
            distance = qwen3_vl.relative(mine[name], theirs)
            worst = max(worst, distance)
            self.assertLessEqual(distance, tolerance, f"{name} of {config}, grids {grids}")
        levels = len(config["deepstack_visual_indexes"])
        self.assertLessEqual((mine["gates"] - 1 / levels).abs().max().item(), tolerance,
                             "without a head the gate is even")
        print(f"worst relative L2 {worst:.1e} (limit {tolerance:.0e})", flush=True)

    IMAGES = [[1, 4, 6], [1, 10, 4], [1, 2, 2]]
    CLIPS = [[3, 4, 8], [2, 6, 2]]

    def test_pictures_and_clips(self):
        self.compare(SMALL, self.IMAGES)
        self.compare(SMALL, self.CLIPS)
        self.compare(SMALL, self.IMAGES + self.CLIPS)

    def test_low_variance_shows_another_epsilon(self):
        self.compare(SMALL, self.IMAGES, scale=1e-3)
        self.compare(SMALL, self.CLIPS, scale=1e-3)

    def test_drawn_configurations(self):
        draw = random.Random(SEED)
        for head in (72, 64, draw.choice([4, 8, 20, 36, 80])):
            heads = draw.randint(1, 3)
            depth = draw.randint(2, 6)
            taps = draw.sample(range(depth), draw.randint(1, min(3, depth)))  # in any order
            side = draw.choice([3, 5, 7, 11, 13])
            config = dict(depth=depth, hidden_size=heads * head, num_heads=heads,
                          intermediate_size=draw.randint(30, 200), in_channels=3,
                          patch_size=draw.choice([2, 4, 6]), temporal_patch_size=2,
                          spatial_merge_size=2, num_position_embeddings=side * side,
                          out_hidden_size=draw.randint(16, 90), deepstack_visual_indexes=taps,
                          hidden_act="gelu_pytorch_tanh")
            grids = [[1 if draw.random() < 0.6 else draw.randint(2, 4),
                      2 * draw.randint(1, 10), 2 * draw.randint(1, 10)]
                     for _ in range(draw.randint(1, 6))]
            for scale in (1.0, 1e-3):
                self.compare(config, grids, scale=scale)

    def test_checkpoints_of_every_kind(self):
        self.compare(SMALL, self.IMAGES, shards=3)
        self.compare(SMALL, self.IMAGES, dtype=torch.bfloat16)
        self.compare(SMALL, self.IMAGES, dtype=torch.float16, shards=2, prefix="visual.")
        self.compare(SMALL, self.IMAGES, prefix="")

    def test_lower_precision_stays_near(self):
        for precision in ("bf16", "fp16", "auto"):
            self.compare(SMALL, self.IMAGES + self.CLIPS, ROUNDED,
                         options={"precision": precision})

    def test_a_tower_without_levels_falls_back_to_its_last_block(self):
        config = {**SMALL, "deepstack_visual_indexes": []}
        model = qwen3_vl.tower(config, self.generator)
        qwen3_vl.write(model, self.folder / "model")
        grid = torch.tensor(self.IMAGES)
        pixels = torch.randn(int(grid.prod(1).sum()), 96, generator=self.generator)
        save_file({"pixel_values": pixels, "grid_thw": grid}, self.folder / "in.safetensors")
        mine = features(self.folder)
        theirs = qwen3_vl.reference(model, pixels, grid)
        for name in ("last_hidden_state", "merged"):
            self.assertLessEqual(qwen3_vl.relative(mine[name], theirs[name]), EXACT)
        self.assertTrue(torch.equal(mine["levels.0"], mine["last_hidden_state"]))
        self.assertNotIn("deepstack.0", mine)

    def test_a_head_fuses_the_raw_taps(self):
        """The article's formulas in double, on transformers' taps."""
        model = qwen3_vl.tower(SMALL, self.generator)
        qwen3_vl.write(model, self.folder / "model")
        levels, width, inner = 3, SMALL["hidden_size"], 32
        head = {f"adapters.{k}.linear.weight": torch.randn(inner, width) / 7 for k in range(levels)}
        head |= {f"adapters.{k}.{name}": torch.randn(inner) for k in range(levels)
                 for name in ("linear.bias", "norm.weight", "norm.bias")}
        head |= {"gate.weight": torch.randn(levels, inner), "gate.bias": torch.randn(levels),
                 "fusion_norm.weight": torch.randn(inner), "fusion_norm.bias": torch.randn(inner)}
        folder = self.folder / "head"
        folder.mkdir()
        save_file(head, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({
            "model_type": "deepstack_head", "hidden_size": width, "levels": levels,
            "projection_size": inner, "pool": [4, 2],
            "match": {"mrope_section": [6, 5, 5], "mrope_theta": 5e6, "mrope_rate": 1,
                      "attention_scale": 16, "level_bias": [0] * 3, "level_gap_slope": [0] * 3,
                      "scale": 20, "offset": 0.6}}))
        grid = torch.tensor(self.IMAGES)
        pixels = torch.randn(int(grid.prod(1).sum()), 96, generator=self.generator)
        save_file({"pixel_values": pixels, "grid_thw": grid}, self.folder / "in.safetensors")
        mine = features(self.folder, head="head")
        theirs = qwen3_vl.reference(model, pixels, grid)
        head = {name: tensor.double() for name, tensor in head.items()}
        norm, linear = torch.nn.functional.layer_norm, torch.nn.functional.linear
        z = [norm(linear(theirs[f"levels.{k}"].double(), head[f"adapters.{k}.linear.weight"],
                         head[f"adapters.{k}.linear.bias"]), (inner,),
                  head[f"adapters.{k}.norm.weight"], head[f"adapters.{k}.norm.bias"], 1e-6)
             for k in range(levels)]
        gates = linear(sum(z) / levels, head["gate.weight"], head["gate.bias"]).softmax(1)
        fused = norm(sum(gates[:, k:k + 1] * z[k] for k in range(levels)), (inner,),
                     head["fusion_norm.weight"], head["fusion_norm.bias"], 1e-6)
        self.assertLessEqual(qwen3_vl.relative(mine["gates"], gates), EXACT)
        self.assertLessEqual(qwen3_vl.relative(mine["fused"], fused), EXACT)

    def test_only_the_tower_is_read(self):
        """A language model of 8 GiB (a hole in the file) beside the tower costs no memory."""
        config = {**SMALL, "hidden_size": 512, "num_heads": 8, "intermediate_size": 2048,
                  "depth": 12, "out_hidden_size": 512}
        model = qwen3_vl.tower(config, self.generator)
        qwen3_vl.write(model, self.folder / "model")
        self.add_hole(self.folder / "model/model.safetensors", 8 << 30)
        save_file({"pixel_values": torch.randn(4, 96), "grid_thw": torch.tensor([[1, 2, 2]])},
                  self.folder / "in.safetensors")
        tower_bytes = 4 * sum(p.numel() for p in model.parameters())
        base = self.peak_bytes(self.tiny_model())
        rise = self.peak_bytes("model") - base
        print(f"peak RSS rises by {rise / tower_bytes:.2f} of the tower's {tower_bytes >> 20} MiB")
        self.assertLessEqual(rise, 1.3 * tower_bytes)

    @staticmethod
    def add_hole(path, size):
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + length])
        end = len(data) - 8 - length
        header["model.language_model.layers.weight"] = {
            "dtype": "U8", "shape": [size], "data_offsets": [end, end + size]}
        text = json.dumps(header).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length:])
        os.truncate(path, path.stat().st_size + size)

    def tiny_model(self):
        qwen3_vl.write(qwen3_vl.tower(SMALL, self.generator), self.folder / "tiny")
        return "tiny"

    def peak_bytes(self, model):
        """Peak resident memory of the program on in.safetensors. Asked by a small process: a child
        begins with the peak of whoever started it, and this one holds PyTorch."""
        asking = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run(["/usr/bin/python3", "-c", asking, PROGRAM, "features", "--model", model,
                               "--input", "in.safetensors", "--output", "out.safetensors"],
                              cwd=self.folder, capture_output=True, text=True, check=True)
        return int(done.stdout) * 1024


class ArticlesTower(unittest.TestCase):
    """deepstack_vit against SigLIP's vision model: the same blocks, other names."""

    def test_taps_and_last_hidden_state(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        torch.manual_seed(SEED)
        draw = random.Random(SEED)
        layers = draw.randint(3, 6)
        model = article_vit.tower("eager", hidden_size=48, num_hidden_layers=layers,
                                  num_attention_heads=draw.choice([2, 4]), intermediate_size=100,
                                  patch_size=6, image_size=32)  # 5 patches and 2 pixels
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if parameter.ndim == 1:
                    parameter.add_(0.2 * torch.randn_like(parameter))
        taps = sorted(draw.sample(range(1, layers + 1), 2))
        head = dict(tap_layers=taps, projection_size=16, fusion="gated", output_size=20)
        article_vit.write(model, pathlib.Path(folder.name, "model"), head)
        pixels = torch.randn(1, 3, 32, 32)
        rows = pixels[:, :, :30, :30].unfold(2, 6, 6).unfold(3, 6, 6)  # [1, 3, 5, 5, 6, 6]
        save_file({"pixel_values": rows[0].permute(1, 2, 0, 3, 4).reshape(25, 108).contiguous(),
                   "grid_thw": torch.tensor([[1, 5, 5]])},
                  pathlib.Path(folder.name, "in.safetensors"))
        mine = features(folder.name)
        with torch.no_grad():
            theirs = model(pixels, output_hidden_states=True)
        self.assertLessEqual(
            qwen3_vl.relative(mine["last_hidden_state"], theirs.last_hidden_state[0]), EXACT)
        for level, after in enumerate(taps):
            self.assertLessEqual(qwen3_vl.relative(mine[f"levels.{level}"],
                                                   theirs.hidden_states[after][0]), EXACT)
        self.assertEqual(mine["fused"].shape, (25, 20))


if __name__ == "__main__":
    unittest.main()
