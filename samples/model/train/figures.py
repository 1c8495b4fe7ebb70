"""Draws people that do not exist: simple jointed figures with random clothes, hair and bags.

A handful of filmed persons cannot teach a network that clothes come in all colours, patterns and
lengths while pose, side and background change. These figures can, at any number and with exact
identity. An `Outfit` is one identity; `draw` shows it in a new pose.
"""

import cv2
import numpy as np

SKIN = ((60, 90, 130), (90, 130, 180), (130, 165, 215), (155, 190, 235), (45, 60, 90))
HAIR = ((15, 15, 18), (25, 35, 50), (40, 60, 95), (90, 150, 195), (150, 150, 150), (35, 45, 120))


def cloth_colour(rng):
    """A BGR colour with the habits of clothes: often dark, grey or muted, sometimes vivid."""
    style = rng.random()
    if style < 0.35:
        return np.clip(
            np.full(3, rng.choice((20, 45, 90, 140, 190, 230))) + rng.normal(0, 8, 3), 5, 250
        )
    saturation = rng.uniform(40, 130) if style < 0.7 else rng.uniform(130, 240)
    pixel = np.uint8([[[rng.integers(180), saturation, rng.uniform(40, 240)]]])
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0].astype(np.float64)


def cloth(rng, shape, textures):
    """A piece of cloth of the given height and width: plain, striped, checked or printed."""
    height, width = shape
    base, second = cloth_colour(rng), cloth_colour(rng)
    piece = np.tile(base, (height, width, 1))
    kind = rng.random()
    period, share = rng.integers(6, 30), rng.uniform(0.25, 0.6)
    rows = (np.arange(height) % period < share * period)[:, None]
    columns = (np.arange(width) % period < share * period)[None]
    if kind < 0.15:
        piece[np.broadcast_to(rows, shape)] = second
    elif kind < 0.22:
        piece[np.broadcast_to(columns, shape)] = second
    elif kind < 0.32:
        piece = np.where((rows ^ columns)[..., None], second, piece)
    elif kind < 0.45:
        picture = textures[rng.integers(len(textures))]
        piece = 0.5 * piece + 0.5 * cv2.resize(
            picture, (width, height), interpolation=cv2.INTER_AREA
        )
    elif kind < 0.55:
        top, left = rng.integers(height // 2), rng.integers(width // 2)
        piece[top : top + height // 6, left : left + width // 3] = second
    return piece


class Outfit:
    """Everything about a figure that stays the same from view to view."""

    def __init__(self, rng, shape, textures):
        self.upper, self.lower = cloth(rng, shape, textures), cloth(rng, shape, textures)
        self.inner, self.bag = cloth_colour(rng), cloth_colour(rng)
        self.shoes = cloth_colour(rng) * rng.choice((0.4, 1.0))
        self.skin, self.hair = (
            np.array(table[rng.integers(len(table))]) * rng.uniform(0.8, 1.15)
            for table in (SKIN, HAIR)
        )
        self.shoulder, self.hip = rng.uniform(0.22, 0.36), rng.uniform(0.18, 0.3)
        self.waist, self.hem = rng.uniform(0.44, 0.54), rng.uniform(0.0, 0.2) * (rng.random() < 0.4)
        self.skirt = rng.random() < 0.15
        self.trouser = rng.uniform(0.4, 0.6) if self.skirt or rng.random() < 0.2 else 1.0
        self.sleeve = 1.0 if rng.random() < 0.6 else 0.45
        self.long_hair, self.open_front = rng.random() < 0.4, rng.random() < 0.35
        self.has_bag, self.bald = rng.random() < 0.25, rng.random() < 0.1


class Canvas:
    """Layers painted over one another in box coordinates: x in -0.5..0.5, y in 0..1."""

    def __init__(self, shape, margin):
        self.height, self.width = shape
        self.scale = np.array((self.width / margin, self.height / margin))
        self.origin = np.array((self.width / 2, (self.height - self.height / margin) / 2))
        self.picture = np.zeros((*shape, 3))
        self.mask = np.zeros(shape)

    def place(self, point):
        return tuple(int(value) for value in np.asarray(point) * self.scale + self.origin)

    def fill(self, layer, paint):
        layer = layer[..., None] / 255.0
        self.picture = self.picture * (1 - layer) + layer * paint
        self.mask = np.maximum(self.mask, layer[..., 0])

    def limb(self, points, thickness, paint):
        layer = np.zeros((self.height, self.width), np.uint8)
        for start, end in zip(points, points[1:]):
            cv2.line(
                layer,
                self.place(start),
                self.place(end),
                255,
                int(thickness * self.scale[0]),
                cv2.LINE_AA,
            )
        self.fill(layer, paint)

    def polygon(self, points, paint):
        layer = np.zeros((self.height, self.width), np.uint8)
        cv2.fillPoly(layer, [np.array([self.place(point) for point in points])], 255, cv2.LINE_AA)
        self.fill(layer, paint)

    def ellipse(self, centre, radius, paint):
        layer = np.zeros((self.height, self.width), np.uint8)
        axes = tuple(int(value) for value in np.array(radius) * self.scale)
        cv2.ellipse(layer, self.place(centre), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
        self.fill(layer, paint)


def draw_legs(canvas, outfit, waist, hip, rng):
    stride = rng.uniform(0, 0.3)
    for side, phase in ((-1, stride), (1, -stride * rng.uniform(0.3, 1))):
        top = np.array((side * hip * 0.4, waist))
        foot = np.array((side * hip * 0.45 + phase, rng.uniform(0.92, 0.97)))
        knee = (top + foot) / 2 + (rng.uniform(-0.06, 0.06), 0)
        end = knee + (foot - knee) * max(0.0, 2 * outfit.trouser - 1)
        canvas.limb((top, knee, foot), 0.11, outfit.skin)
        canvas.limb((top, knee, end), hip * 0.62, outfit.lower)
        canvas.ellipse(foot + (np.sign(phase) * 0.04, 0.01), (0.1, 0.022), outfit.shoes)
    if outfit.skirt:
        canvas.polygon(
            (
                (-hip / 2, waist),
                (hip / 2, waist),
                (hip * 0.8, waist + 0.25),
                (-hip * 0.8, waist + 0.25),
            ),
            outfit.lower,
        )


def draw_arms(canvas, outfit, neck, shoulder, sides, rng):
    for side in sides:
        top = np.array((side * shoulder, neck + 0.05))
        elbow = top + (rng.uniform(-0.08, 0.16) * side, 0.16)
        hand = elbow + (rng.uniform(-0.18, 0.14) * side, rng.uniform(0.02, 0.15))
        canvas.limb((top, elbow, hand), 0.09, outfit.skin)
        end = elbow + (hand - elbow) * max(0.0, 2 * outfit.sleeve - 1)
        canvas.limb((top, top + (elbow - top) * min(1, 2 * outfit.sleeve), end), 0.13, outfit.upper)


def draw_torso(canvas, outfit, neck, shoulder, hip, facing):
    low = outfit.waist + outfit.hem + 0.03
    canvas.polygon(
        (
            (-shoulder, neck + 0.02),
            (0, neck - 0.01),
            (shoulder, neck + 0.02),
            (hip * 0.62, low),
            (-hip * 0.62, low),
        ),
        outfit.upper,
    )
    if outfit.open_front and facing > 0.2:
        canvas.polygon(((-0.05, neck), (0.05, neck), (0.08, low), (-0.04, low)), outfit.inner)
    if outfit.has_bag and facing < 0.4:
        centre = 0 if facing < -0.4 else -shoulder
        canvas.ellipse((centre, neck + 0.15), (shoulder * 0.75, 0.13), outfit.bag)


def draw_head(canvas, outfit, neck, facing, rng):
    centre = np.array((rng.uniform(-0.04, 0.04), neck - 0.075))
    canvas.limb((centre, (0, neck + 0.01)), 0.12, outfit.skin)
    canvas.ellipse(centre, (0.115, 0.075), outfit.skin)
    if not outfit.bald:
        if facing < -0.3:
            canvas.ellipse(centre, (0.125, 0.078), outfit.hair)
        else:
            canvas.ellipse(centre - ((1 - facing) * 0.03, 0.03), (0.12, 0.05), outfit.hair)
    if outfit.long_hair:
        canvas.limb((centre - (0.07, 0), (-0.08, neck + 0.08)), 0.09, outfit.hair)
        if facing < 0.3:
            canvas.limb((centre + (0.07, 0), (0.06, neck + 0.08)), 0.12, outfit.hair)


def draw(outfit, rng, shape, margin):
    """Picture (BGR bytes) and mask (0..255) of the outfit in a random pose."""
    canvas = Canvas(shape, margin)
    facing = np.cos(rng.uniform(0, 2 * np.pi))
    slim = 0.6 + 0.4 * abs(facing)
    neck, shoulder, hip = rng.uniform(0.15, 0.2), outfit.shoulder * slim, outfit.hip * slim
    arms = (-1, 1) if abs(facing) > 0.5 else (0.0,)
    draw_legs(canvas, outfit, outfit.waist, hip, rng)
    if len(arms) == 2:
        draw_arms(canvas, outfit, neck, shoulder, arms, rng)
    draw_torso(canvas, outfit, neck, shoulder, hip, facing)
    if len(arms) == 1:
        draw_arms(canvas, outfit, neck, shoulder, arms, rng)
    draw_head(canvas, outfit, neck, facing, rng)
    fold = cv2.resize(rng.normal(1, 0.12, (18, 9)), shape[::-1], interpolation=cv2.INTER_CUBIC)
    side = 1 + rng.uniform(-0.25, 0.25) * np.linspace(-1, 1, shape[1])
    picture = canvas.picture * (fold * side)[..., None] + rng.normal(0, 3, (*shape, 1))
    return np.clip(picture, 0, 255).astype(np.uint8), np.round(canvas.mask * 255).astype(np.uint8)
