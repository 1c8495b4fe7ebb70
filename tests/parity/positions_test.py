"""Position ids and rotary angles of the language model, as transformers has them."""
import unittest

import torch
from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLConfig, Qwen3VLTextConfig
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLModel, Qwen3VLTextRotaryEmbedding, apply_rotary_pos_emb)

from subject import draw, operators, probe

PICTURE, CLIP, START, END, PADDING = 120, 121, 122, 123, 0
THETA, SECTION, PAIRS = 5e6, [24, 20, 20], 64


def tiny_model():
    vision = {"depth": 1, "hidden_size": 8, "num_heads": 2, "intermediate_size": 8, "patch_size": 4,
              "spatial_merge_size": 2, "num_position_embeddings": 4, "out_hidden_size": 8,
              "deepstack_visual_indexes": [0]}
    text = {"vocab_size": 128, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
            "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 8}
    with torch.device("meta"):
        return Qwen3VLModel(Qwen3VLConfig(vision_config=vision, text_config=text,
                                          image_token_id=PICTURE, video_token_id=CLIP))


class Sequence:
    """Random text with pictures and clips in it, left-padded."""

    def __init__(self, random):
        self.ids, self.pictures, self.clips = [], [], []
        self.text(random)
        for _ in range(random.randint(0, 5)):
            rows, columns = 2 * random.randint(1, 12), 2 * random.randint(1, 12)
            if random.random() < 0.5:
                self.pictures.append((1, rows, columns))
                self.frame(PICTURE, rows, columns)
            else:
                frames = random.randint(1, 5)
                self.clips.append((frames, rows, columns))
                for _ in range(frames):
                    self.text(random)  # the time
                    self.frame(CLIP, rows, columns)
            self.text(random)
        padding = random.choice([0, 0, random.randint(1, 20)])
        self.attention = [0] * padding + [1] * len(self.ids)
        self.ids = [PADDING] * padding + self.ids

    def text(self, random):
        self.ids += [random.randint(1, 100) for _ in range(random.choice([0, 1, 7]))]

    def frame(self, token, rows, columns):
        self.ids += [START] + [token] * (rows * columns // 4) + [END]

    def case(self):
        return {"token_ids": self.ids, "pictures": self.pictures, "clips": self.clips,
                "attention": self.attention, "picture": PICTURE, "clip": CLIP}

    def reference(self, model):
        ids = torch.tensor([self.ids])
        kinds = (ids == PICTURE).int() + 2 * (ids == CLIP).int()

        def grids(items):
            return torch.tensor(items) if items else None

        positions, delta = model.get_rope_index(
            ids, mm_token_type_ids=kinds, image_grid_thw=grids(self.pictures),
            video_grid_thw=grids(self.clips), attention_mask=torch.tensor([self.attention]))
        return {"axes": positions[:, 0].tolist(), "delta": delta.item()}


class Positions(unittest.TestCase):
    def test_are_those_of_get_rope_index(self):
        random = draw("mrope_positions")
        model = tiny_model()
        sequences = [s for s in (Sequence(random) for _ in range(400)) if s.ids]
        sequences = [s for s in sequences if any(s.attention)]
        self.assertGreater(len(sequences), 200)
        self.assertGreater(sum(bool(s.pictures and s.clips and not s.attention[0])
                               for s in sequences), 10)
        ours = probe("positions", [s.case() for s in sequences])
        for sequence, answer in zip(sequences, ours, strict=True):
            self.assertEqual(answer, sequence.reference(model), sequence.case())
        print(f"  {len(sequences)} sequences equal")


def reference_rotary(scaling):
    rope = {"rope_type": "default", "rope_theta": THETA, "mrope_section": SECTION,
            "mrope_interleaved": True, **scaling}
    return Qwen3VLTextRotaryEmbedding(Qwen3VLTextConfig(
        hidden_size=128, num_attention_heads=1, num_key_value_heads=1, head_dim=128,
        max_position_embeddings=262144, rope_parameters=rope))


class Rotary(unittest.TestCase):
    # The reference multiplies float frequencies and positions: off by up to half a unit in the last
    # place of either factor and of the product.
    FLOAT = 2.0**-24

    def setUp(self):
        self.cases = {"default": ({}, {"pairs": PAIRS, "theta": THETA})}
        for factor in (2.0, 3.0):
            self.cases[f"yarn {factor}"] = (
                {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": 262144},
                {"pairs": PAIRS, "theta": THETA, "factor": factor, "original_positions": 262144})

    def test_frequencies_and_magnitude_are_the_same(self):
        ours = probe("frequencies", [case for _, case in self.cases.values()])
        for (name, (scaling, _)), rope in zip(self.cases.items(), ours, strict=True):
            theirs = reference_rotary(scaling)
            ratio = torch.tensor(rope["frequency"], dtype=torch.double) / theirs.inv_freq.double()
            self.assertLess((ratio - 1).abs().max().item(), 4e-7, name)
            self.assertAlmostEqual(rope["magnitude"], theirs.attention_scaling, 12, name)

    def test_vectors_are_turned_the_same(self):
        random = draw("mrope")
        torch.manual_seed(random.getrandbits(32))
        ours = probe("frequencies", [case for _, case in self.cases.values()])
        for (name, (scaling, _)), rope in zip(self.cases.items(), ours, strict=True):
            theirs = reference_rotary(scaling)
            frequency = torch.tensor(rope["frequency"], dtype=torch.double)
            for largest in (64, 4096, 262143):
                positions = torch.randint(0, largest + 1, (3, 1, 50))
                x = torch.randn(50, 128)
                cosine, sine = theirs(x, positions)
                rows = positions[:, 0].T.double().contiguous()
                angles = operators().mrope_angles(rows, frequency, SECTION)
                allowed = 1e-6 + 8 * self.FLOAT * largest
                for function, table in ((torch.cos, cosine), (torch.sin, sine)):
                    expected = (function(angles) * rope["magnitude"]).repeat(1, 2)
                    error = (expected - table[0].double()).abs().max().item()
                    self.assertLess(error, allowed, (name, largest))
                turned = operators().mrope(x, rows, frequency, SECTION, rope["magnitude"])
                reference, _ = apply_rotary_pos_emb(x[None, None], x[None, None], cosine, sine)
                error = (turned - reference[0, 0]).abs().max().item()
                self.assertLess(error, 8 * allowed, (name, largest))

    def test_the_order_of_axes_is_the_same_at_small_positions(self):
        # Where floats are exact enough to tell every channel from every other.
        theirs = reference_rotary({})
        rope = probe("frequencies", [self.cases["default"][1]])[0]
        frequency = torch.tensor(rope["frequency"], dtype=torch.double)
        positions = torch.tensor([[[1, 0, 0, 5]], [[0, 1, 0, 9]], [[0, 0, 1, 2]]])
        cosine, sine = theirs(torch.zeros(4, 128), positions)
        angles = operators().mrope_angles(positions[:, 0].T.double().contiguous(), frequency, SECTION)
        self.assertLess((angles.cos() - cosine[0, :, :64]).abs().max().item(), 1e-6)
        self.assertLess((angles.sin() - sine[0, :, :64]).abs().max().item(), 1e-6)


if __name__ == "__main__":
    unittest.main()
