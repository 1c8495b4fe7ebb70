"""Changes of light and picture quality that must not change an identity.

Applied to the student's input only, anew for each view of each batch: box jitter, low resolution,
gamma, gain, white balance, grey, noise, blur, compression, flips and occlusion.
"""

import cv2
import numpy as np

from footage import MARGIN

CONTRAST = 48.0
# Shares of the views that something is done to.
COARSE, LEAST_HEIGHT = 0.6, 28
OCCLUDED, BLURRED, NOISY = 0.25, 0.2, 0.35


class Placement:
    """Where in a view the box is: moved and resized by some per cent, and perhaps mirrored."""

    def __init__(self, rng):
        self.scale = np.exp(rng.uniform(-0.12, 0.12, 2)) / MARGIN
        self.shift = rng.uniform(-0.08, 0.08, 2)
        self.mirrored = rng.random() < 0.5

    def cut(self, view, size):
        """The box part of a view as `size`."""
        extent = np.array((view.shape[1], view.shape[0]))
        box = self.scale * extent
        corner = extent / 2 - box / 2 + self.shift * box
        factor = np.array((size[1], size[0])) / box
        matrix = np.float64(
            [[factor[0], 0, -corner[0] * factor[0]], [0, factor[1], -corner[1] * factor[1]]]
        )
        if factor[1] < 0.6:
            view = cv2.GaussianBlur(view, (0, 0), 0.4 / factor[1])
        picture = cv2.warpAffine(
            view, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.ascontiguousarray(picture[:, ::-1]) if self.mirrored else picture


def standardise(picture, contrast=CONTRAST):
    """Every channel of a crop at one mean and deviation: what a lamp or an exposure does to all of
    it is gone. The plugin does the same where the config says `crop_contrast`."""
    mean, deviation = cv2.meanStdDev(picture)
    scaled = (picture - mean.ravel()) * (contrast / (deviation.ravel() + 1)) + 127.5
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def relight(picture, rng):
    """Gamma, gain, warm or cold white balance and grey, through one table per channel."""
    level = np.linspace(0, 1, 256)[:, None].repeat(3, axis=1)
    exposure = rng.random()
    if exposure < 0.5:
        level = level ** np.exp(rng.uniform(-0.95, 0.95))
    elif exposure < 0.75:
        level = level * np.exp(rng.uniform(-1.5, 0.3))
    if rng.random() < 0.4:
        warmth = rng.uniform(-0.4, 0.4)
        level = level * np.array((1 + warmth, 1 + rng.uniform(-0.08, 0.08), 1 - warmth))
    picture = cv2.LUT(picture, (level * 255).clip(0, 255).astype(np.uint8)[None])
    if rng.random() < 0.15:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return picture


def degrade(picture, rng):
    """Noise, blur and compression, as of a cheap camera."""
    if rng.random() < NOISY:
        noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(1, 8))
        picture = (picture + noise).clip(0, 255).astype(np.uint8)
    if rng.random() < BLURRED:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.2) * picture.shape[0] / 100)
    if rng.random() < 0.4:
        _, code = cv2.imencode(
            ".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(30, 95)))
        )
        picture = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return picture


def occlude(picture, rng):
    """Hide a side, the feet, or a patch of the box behind a plain or noisy surface."""
    height, width = picture.shape[:2]
    tall, wide = int(rng.uniform(0.1, 0.4) * height), int(rng.uniform(0.2, 0.5) * width)
    top, left = rng.integers(height - tall), rng.integers(width - wide)
    place = rng.integers(3)
    if place == 0:
        region = np.s_[height - tall :, :]
    elif place == 1:
        region = np.s_[:, :wide] if rng.random() < 0.5 else np.s_[:, width - wide :]
    else:
        region = np.s_[top : top + tall, left : left + wide]
    picture = picture.copy()
    surface = rng.uniform(0, 255, 3) + rng.normal(0, rng.uniform(0, 30), picture[region].shape)
    picture[region] = surface.clip(0, 255).astype(np.uint8)
    return picture


def nuisance(view, rng, size, relit=True, placement=None):
    """A network input (RGB bytes of `size`) from a stored view; without `relit`, under its own
    light and in full sight."""
    placement = placement or Placement(rng)
    coarse = rng.random() < COARSE
    height = int(np.exp(rng.uniform(np.log(LEAST_HEIGHT), np.log(size[0])))) if coarse else size[0]
    picture = placement.cut(view, (height, max(10, int(height * rng.uniform(0.4, 0.5)))))
    if relit and rng.random() < OCCLUDED:
        picture = occlude(picture, rng)
    if relit:
        picture = relight(picture, rng)
    picture = degrade(picture, rng)
    picture = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_LINEAR)
    return standardise(picture)
