#!/usr/bin/env python3
"""Our tower against transformers' on the CPU: same weights, same grid, fp32, the two in turn in one run.

    tests/run.sh once (it installs transformers), then
    cmake --build --preset release --target tower_probe
    ~/.cache/gst-deepstack/venv/bin/python bench/tower.py [--runs 7] [--threads 2]

Prints Markdown. Ratios are of pairs that ran after each other; above 1 ours is faster. DeepStack's share
is taps, adapters and gate, of the tower's time. Needs 6 GiB of memory and 4 GiB of disk.
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from transformers import Qwen3VLVisionConfig, Qwen3VLVisionModel

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/parity"))
import article_vit  # noqa: E402
import qwen3_vl  # noqa: E402

PROBE = ROOT / "build/release/bench/tower_probe"
QWEN = dict(depth=24, hidden_size=1024, num_heads=16, intermediate_size=4096, in_channels=3,
            patch_size=16, temporal_patch_size=2, spatial_merge_size=2,
            num_position_embeddings=2304, out_hidden_size=2560,
            deepstack_visual_indexes=[5, 11, 17], hidden_act="gelu_pytorch_tanh")


class Ours:
    """tower_probe with a model: run() gives seconds of tower, mergers and fusion."""

    def __init__(self, folder, precision, threads, grid):
        self.process = subprocess.Popen(
            [PROBE, folder, precision, str(threads), *map(str, grid)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return list(map(float, self.process.stdout.readline().split()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def seconds(call):
    start = time.perf_counter()
    with torch.inference_mode():
        call()
    return time.perf_counter() - start


def compare(name, folder, call, grid, options):
    """One row: ours in fp32 and with precision=auto, both against transformers'."""
    rows = []
    for precision in ("fp32", "auto"):
        ours = Ours(folder, precision, options.threads, grid)
        ours.run(), seconds(call)
        pairs = [(seconds(call), ours.run()) for _ in range(options.runs)]
        ours.close()
        theirs = [pair[0] for pair in pairs]
        tower = [pair[1][0] + pair[1][1] for pair in pairs]
        ratio = statistics.median(a / b for a, b in zip(theirs, tower))
        share = statistics.median(pair[1][2] / pair[1][0] for pair in pairs)
        rows.append(f"| {name} | {precision} | {statistics.median(theirs):.2f} | "
                    f"{statistics.median(tower):.2f} | {ratio:.2f} | {100 * share:.1f} % |")
    return rows


def qwen(folder, options):
    config = Qwen3VLVisionConfig(**QWEN)
    config._attn_implementation = "sdpa"
    model = Qwen3VLVisionModel(config).eval().float()
    qwen3_vl.write(model, folder)
    pixels = torch.randn(576, 1536)
    grid = torch.tensor([[1, 24, 24]])
    return compare("Qwen3-VL 4B, 384x384, with mergers", folder,
                   lambda: model(pixels, grid_thw=grid), (24, 24), options)


def article(folder, options):
    model = article_vit.tower("sdpa", **article_vit.SIZES)
    pixels = torch.randn(1, 3, 384, 384)
    rows = []
    for name, head in (("projected 1024 -> 4096 by level", article_vit.HEAD),
                       ("fused at 1024, then -> 4096",
                        {**article_vit.HEAD, "projection_size": 1024, "output_size": 4096})):
        article_vit.write(model, folder, head)
        rows += compare(f"ViT-L/14, 384x384, {name}", folder, lambda: model(pixels), (27, 27),
                        options)
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| tower | precision | transformers fp32, s | ours, s | ratio | DeepStack |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for rows in (qwen, article):
            print("\n".join(rows(pathlib.Path(folder, "model"), options)), flush=True)


if __name__ == "__main__":
    main()
