"""`deepstack features --image`, `--video` and `--mrope` against transformers' processors and model."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import Qwen3VLConfig, Qwen3VLModel
from transformers.models.qwen2_vl.image_processing_qwen2_vl import (Qwen2VLImageProcessor,
                                                                    smart_resize)
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextRotaryEmbedding
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import smart_resize as clip_size

import qwen3_vl
from subject import draw

PROGRAM = os.environ["DEEPSTACK_PROGRAM"]
BUDGET = {"shortest_edge": 1024, "longest_edge": 16384}
IMAGE, VIDEO, START, END = 120, 121, 122, 123
TEXT = dict(vocab_size=128, hidden_size=40, intermediate_size=56, num_hidden_layers=1,
            num_attention_heads=4, num_key_value_heads=2, head_dim=16, hidden_act="silu",
            rms_norm_eps=1e-6, max_position_embeddings=4096, attention_bias=False)


def run(folder, *arguments):
    done = subprocess.run([PROGRAM, "features", "--model", "model", "--output", "out.safetensors",
                           *arguments], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return load_file(pathlib.Path(folder, "out.safetensors"))


def resize(picture, height, width):
    """Horizontally, then vertically, as the processors do; Pillow 13 may turn the two around."""
    return picture.resize((width, picture.height), Image.BICUBIC).resize((width, height),
                                                                         Image.BICUBIC)


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.random = draw(self.id())
        generator = torch.Generator().manual_seed(self.random.randrange(1 << 30))
        qwen3_vl.write(qwen3_vl.tower(qwen3_vl.SMALL, generator), self.folder / "model")
        for file in ("preprocessor_config.json", "video_preprocessor_config.json"):
            (self.folder / "model" / file).write_text(json.dumps(
                {"size": BUDGET, "patch_size": 4, "temporal_patch_size": 2, "merge_size": 2}))

    def noise(self, height, width):
        values = np.random.default_rng(self.random.randrange(1 << 30))
        return values.integers(0, 256, (height, width, 3), dtype=np.uint8)

    def test_a_picture_becomes_the_rows_of_the_processor(self):
        processor = Qwen2VLImageProcessor(patch_size=4, temporal_patch_size=2, merge_size=2,
                                          image_mean=[0.5] * 3, image_std=[0.5] * 3)
        for _ in range(8):
            height, width = self.random.randint(10, 400), self.random.randint(10, 400)
            picture = Image.fromarray(self.noise(height, width))
            picture.save(self.folder / "in.png")
            size = smart_resize(height, width, 8, BUDGET["shortest_edge"], BUDGET["longest_edge"])
            theirs = processor(resize(picture, *size), do_resize=False, return_tensors="pt")
            mine = run(self.folder, "--image", "in.png")
            self.assertTrue(torch.equal(mine["grid_thw"], theirs["image_grid_thw"]))
            self.assertTrue(torch.equal(mine["pixel_values"], theirs["pixel_values"]),
                            f"{height}x{width}")

    def test_a_video_is_sampled_in_pairs(self):
        frames = [self.noise(48, 64) for _ in range(45)]
        (self.folder / "in").mkdir()
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(self.folder / "in" / f"{number:06}.png")
        mine = run(self.folder, "--video", "in", "--fps", "10")
        # 45 frames at 10 a second are 9 at 2 a second: 5 pairs, the last frame twice.
        taken = np.linspace(0, 44, 9).round().astype(int).tolist()
        pairs = list(zip(taken[0::2], taken[1::2] + taken[-1:]))
        self.assertEqual(mine["timestamps"].tolist(), [(a / 10 + b / 10) / 2 for a, b in pairs])
        size = clip_size(9, 48, 64, 2, 8, BUDGET["shortest_edge"], BUDGET["longest_edge"])
        self.assertEqual(mine["grid_thw"].tolist(), [[5, size[0] // 4, size[1] // 4]])
        clip = torch.stack([torch.from_numpy(np.asarray(resize(Image.fromarray(frames[k]), *size))
                                             .transpose(2, 0, 1).copy()) for k in taken])
        processor = Qwen3VLVideoProcessor(patch_size=4, temporal_patch_size=2, merge_size=2,
                                          image_mean=[0.5] * 3, image_std=[0.5] * 3)
        theirs = processor(clip, do_resize=False, do_sample_frames=False, return_tensors="pt")
        self.assertTrue(torch.equal(mine["pixel_values"], theirs["pixel_values_videos"]))

    def prompt(self):
        images = torch.tensor([[1, 4, 6], [1, 10, 4], [1, 2, 2]])
        videos = torch.tensor([[3, 4, 8], [2, 6, 2]])
        ids = [5, 6, 7]
        for grid in images.tolist():
            ids += [START] + [IMAGE] * (grid[1] * grid[2] // 4) + [END]
            ids += [8] * self.random.randint(1, 4)
        for frames, rows, columns in videos.tolist():
            for _ in range(frames):
                ids += [11] * self.random.randint(1, 5)
                ids += [START] + [VIDEO] * (rows * columns // 4) + [END]
        return torch.tensor([ids + [30, 31]]), images, videos

    def test_position_ids_and_angles_of_a_prompt(self):
        for scaling in ({"rope_type": "default"},
                        {"rope_type": "yarn", "factor": 3.0,
                         "original_max_position_embeddings": 1024}):
            rope = {**scaling, "rope_theta": 5e6, "mrope_section": [4, 2, 2],
                    "mrope_interleaved": True}
            config = Qwen3VLConfig(
                vision_config=qwen3_vl.SMALL, text_config={**TEXT, "rope_parameters": rope},
                image_token_id=IMAGE, video_token_id=VIDEO, vision_start_token_id=START,
                vision_end_token_id=END)
            (self.folder / "model/config.json").write_text(
                json.dumps(config.to_dict(), default=str))
            ids, images, videos = self.prompt()
            save_file({"input_ids": ids, "image_grid_thw": images, "video_grid_thw": videos},
                      self.folder / "in.safetensors")
            mine = run(self.folder, "--input", "in.safetensors", "--mrope")
            types = (ids == IMAGE).long() + 2 * (ids == VIDEO).long()
            positions, delta = Qwen3VLModel(config).get_rope_index(
                ids, mm_token_type_ids=types, image_grid_thw=images, video_grid_thw=videos)
            self.assertTrue(torch.equal(mine["position_ids"], positions))
            self.assertTrue(torch.equal(mine["rope_deltas"], delta))
            cos, sin = Qwen3VLTextRotaryEmbedding(config.text_config)(torch.zeros(1), positions)
            half = cos.shape[-1] // 2
            for name, table in (("cos", cos), ("sin", sin)):
                difference = (mine[name] - table[..., :half].double()).abs().max().item()
                self.assertLess(difference, 1e-4, f"{name}, {scaling}")
            self.assertEqual(mine["angles"].shape, (*ids.shape, half))

    def test_angles_of_positions_far_out_are_exact(self):
        positions = torch.tensor([[262143, 262143, 262143], [36000, 7, 3]], dtype=torch.int64)
        save_file({"positions": positions}, self.folder / "in.safetensors")
        angles = run(self.folder, "--input", "in.safetensors", "--mrope")["angles"]
        self.assertEqual(angles.shape, (2, 64))
        for pair in range(64):
            axis = pair % 3 if pair < 60 else 0
            for row in range(2):
                expected = positions[row, axis].item() * 5e6 ** (-pair / 64)
                self.assertAlmostEqual(angles[row, pair].item(), expected, delta=1e-6)


if __name__ == "__main__":
    unittest.main()
