"""Sizes, frames, times and pixels of pictures and clips, as transformers and Pillow have them."""
import unittest

import numpy
import torch
from PIL import Image
from transformers.models.qwen2_vl import image_processing_qwen2_vl as pictures
from transformers.models.qwen3_vl import video_processing_qwen3_vl as clips
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor
from transformers.video_utils import VideoMetadata

from subject import draw, operators, probe

PICTURE_PIXELS = (65536, 16777216)
CLIP_PIXELS = (4096, 25165824)


def side(random):
    """Mostly the sides of pictures, and often those where rounding changes."""
    return random.choice([random.randint(1, 64), random.randint(1, 4096), random.randint(1, 16384),
                          16 * random.randint(1, 300), 32 * random.randint(1, 150)])


def budget(random, usual):
    """(factor, min_pixels, max_pixels)"""
    if random.random() < 0.5:
        return 32, *usual
    least = random.randint(1, 10**random.randint(1, 6))
    return random.choice([16, 28, 32]), least, random.randint(least, 30 * least + 10**6)


def or_none(function, *arguments, **named):
    try:
        return function(*arguments, **named)
    except ValueError:
        return None


class Sizes(unittest.TestCase):
    def compare(self, cases, ours, theirs):
        wrong = [(case, a, b) for case, a, b in zip(cases, ours, theirs, strict=True) if a != b]
        self.assertEqual(wrong[:5], [], f"{len(wrong)} of {len(cases)} differ (case, ours, theirs)")
        refused = sum(b is None for b in theirs)
        print(f"  {len(cases)} equal, {refused} of them refused by both")
        self.assertGreater(refused, 0)
        self.assertLess(refused, len(cases) / 2)

    def test_of_pictures(self):
        random = draw("smart_resize")
        cases = [(side(random), side(random), *budget(random, PICTURE_PIXELS)) for _ in range(10000)]
        theirs = [or_none(pictures.smart_resize, *case) for case in cases]
        self.compare(cases, probe("smart_resize", cases),
                     [size and list(size) for size in theirs])

    def test_of_clips(self):
        random = draw("smart_resize_clip")
        cases = [(random.choice([1, 2, 3, 5, random.randint(1, 768)]), False, side(random),
                  side(random), *budget(random, CLIP_PIXELS)) for _ in range(10000)]
        theirs = [or_none(clips.smart_resize, frames, height, width, factor=factor,
                          min_pixels=least, max_pixels=most)
                  for frames, _, height, width, factor, least, most in cases]
        self.compare(cases, probe("smart_resize_clip", cases),
                     [size and list(size) for size in theirs])

    def test_of_clips_capped_per_frame(self):
        # The cap is computed inside resize(): pictures of no memory go through it, up to the call
        # that would resize them.
        random = draw("cap_per_frame")
        processor = clips.Qwen3VLVideoProcessor()
        sizes = []
        original = clips.BaseVideoProcessor.resize
        clips.BaseVideoProcessor.resize = lambda self, image, size, resample: sizes.append(
            [size.height, size.width])
        cases = []
        try:
            while len(cases) < 500:
                frames, height, width = random.randint(2, 768), side(random), side(random)
                before = len(sizes)
                or_none(processor.resize, torch.empty((1, frames, 3, height, width), device="meta"),
                        clips.SizeDict(shortest_edge=4096, longest_edge=25165824), None, factor=32,
                        temporal_factor=2, cap_pixels_per_frame=True)
                if len(sizes) > before:
                    cases.append((frames, True, height, width, 32, *CLIP_PIXELS))
        finally:
            clips.BaseVideoProcessor.resize = original
        self.assertEqual(probe("smart_resize_clip", cases), sizes)


class Frames(unittest.TestCase):
    def test_sampled_are_the_same(self):
        random = draw("sample_frames")
        cases = [(random.choice([random.randint(1, 12), random.randint(1, 100000)]),
                  random.choice([None, 24, 25, 30, 30000 / 1001, random.uniform(0.1, 240)]))
                 for _ in range(3000)]
        processor = clips.Qwen3VLVideoProcessor(fps=2, min_frames=4, max_frames=768)
        theirs = [processor.sample_frames(VideoMetadata(total_num_frames=total, fps=fps)).tolist()
                  for total, fps in cases]
        self.assertEqual(probe("sample_frames", cases), theirs)

    def test_have_the_same_times(self):
        random = draw("pair_times_s")
        cases = [(sorted(random.sample(range(10000), random.randint(1, 40))),
                  random.choice([24, 25, 30, 30000 / 1001, random.uniform(0.1, 240)]))
                 for _ in range(2000)]
        theirs = [Qwen3VLProcessor._calculate_timestamps(None, list(frames), fps, 2)
                  for frames, fps in cases]
        self.assertEqual(probe("pair_times_s", cases), theirs)


class Pixels(unittest.TestCase):
    """Pillow, across and then down as two calls: from 12.2 on it picks the order by itself."""

    FIXED = [  # height, width, new height, new width, channels
        (1, 1, 1, 1, 3), (1, 1, 40, 30, 3), (1, 300, 64, 96, 3), (300, 1, 96, 64, 3),
        (1080, 1920, 1088, 1920, 3), (1080, 1920, 64, 96, 3), (37, 41, 512, 640, 3),
        (720, 16, 32, 32, 1), (97, 1501, 97, 32, 3), (1200, 35, 32, 35, 1), (120, 60, 256, 128, 3)]

    @staticmethod
    def content(random, height, width, channels):
        kind = random.choice(["noise", "black and white", "ramp"])
        generator = numpy.random.default_rng(random.getrandbits(32))
        pixels = generator.integers(0, 256, (height, width, channels), dtype=numpy.uint8)
        if kind == "black and white":
            return (pixels > 127).astype(numpy.uint8) * 255
        if kind == "ramp":
            ramp = numpy.add.outer(numpy.arange(height) * 3, numpy.arange(width) * 2)[..., None]
            return ((ramp + pixels // 64) % 256).astype(numpy.uint8)
        return pixels

    @staticmethod
    def pillow(pixels, height, width):
        picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
        picture = picture.resize((width, picture.height), Image.Resampling.BICUBIC)
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
        return numpy.asarray(picture).reshape(height, width, pixels.shape[2])

    def test_are_pillows(self):
        random = draw("resize_bicubic")
        cases = self.FIXED + [
            (*(random.choice([random.randint(1, 9), random.randint(1, 900)]) for _ in range(4)),
             random.choice([1, 3])) for _ in range(60)]
        different = total = 0
        for height, width, new_height, new_width, channels in cases:
            pixels = self.content(random, height, width, channels)
            ours = operators().resize_bicubic(torch.from_numpy(pixels)[None], new_height, new_width)
            theirs = self.pillow(pixels, new_height, new_width)
            error = numpy.abs(ours[0].numpy().astype(int) - theirs.astype(int))
            self.assertLessEqual(error.max(), 1, (height, width, new_height, new_width, channels))
            different += int((error > 0).sum())
            total += error.size
        print(f"  {len(cases)} pictures, {different} of {total} values differ from Pillow")
        self.assertEqual(different, 0)


if __name__ == "__main__":
    unittest.main()
