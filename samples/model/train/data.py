"""Makes the training set: many identities from few filmed persons, drawn figures and objects,
with the teacher's embedding of every view, computed once before any change of light.

Identity augmentation happens here (clothes recoloured, halves of persons combined, persons put
before other backgrounds); nuisance augmentation, which must not change the identity, happens
anew in every epoch (nuisance.py). Held-out persons, for calibration, all keep the background of
their clip, as different persons before one camera do.
"""

import argparse
import glob
import multiprocessing
import os

import cv2
import numpy as np

from figures import Outfit, cloth, cloth_colour, draw
from footage import CROP, MARGIN, PERSON
from teacher import EMBEDDING, Teacher

VIEWS = 3
AT_ONCE = 64  # views the teacher is asked about
SEED = 7
KINDS = ("person", "filmed", "figure", "object", "heldout_person")
world = {}


def soft_rows(start, end):
    """Weight per row that is one between two heights of the box (0 = top, 1 = bottom)."""
    height = (np.arange(CROP[0]) / CROP[0] - 0.5) * MARGIN + 0.5
    below_start, below_end = (1 / (1 + np.exp(-(height - edge) / 0.015)) for edge in (start, end))
    return (below_start - below_end)[:, None].astype(np.float32)


def region_weights(mask, waist):
    return [mask * soft_rows(0.17, waist), mask * soft_rows(waist, 1.1)]


class Recolouring:
    """One change of clothes, the same for all views of an identity: per body half keep it,
    turn its hue, paint it, or print a pattern on it; the shading of the cloth stays."""

    def __init__(self, rng, first_crop, first_mask, textures):
        self.waist = rng.uniform(0.46, 0.56)
        self.channels = rng.permutation(3) if rng.random() < 0.3 else np.arange(3)
        self.actions = list(
            rng.choice(("keep", "hue", "paint", "print"), 2, p=(0.15, 0.25, 0.4, 0.2))
        )
        if self.actions == ["keep", "keep"]:
            self.actions[rng.integers(2)] = "paint"
        self.angle, self.chroma = rng.uniform(0.5, 5.8, 2), rng.uniform(0.5, 1.8, 2)
        self.contrast = rng.uniform(0.5, 1.1, 2)
        lab = to_lab(first_crop[..., self.channels])
        weights = region_weights(first_mask, self.waist)
        self.mean = [
            (lab * weight[..., None]).sum(axis=(0, 1)) / (weight.sum() + 1) for weight in weights
        ]
        self.cloth = [
            to_lab(cloth(rng, CROP, textures).clip(0, 255).astype(np.uint8))
            if action == "print"
            else to_lab(np.uint8([[cloth_colour(rng)]]))
            for action in self.actions
        ]

    def apply(self, crop, mask):
        lab = to_lab(crop[..., self.channels])
        for half, weight in enumerate(region_weights(mask, self.waist)):
            changed = self.change(lab, half)
            lab += weight[..., None] * (changed - lab)
        return cv2.cvtColor(
            np.clip(lab, (0, -127, -127), (100, 127, 127)).astype(np.float32), cv2.COLOR_LAB2BGR
        )

    def change(self, lab, half):
        action = self.actions[half]
        if action == "keep":
            return lab
        if action == "hue":
            cos, sin = np.cos(self.angle[half]), np.sin(self.angle[half])
            turned = lab[..., 1:] @ np.float32([[cos, sin], [-sin, cos]]) * self.chroma[half]
            return np.concatenate((lab[..., :1], turned), axis=2)
        shading = (lab - self.mean[half]) * (self.contrast[half], 0.3, 0.3)
        return self.cloth[half] + shading


def to_lab(picture):
    return cv2.cvtColor(np.ascontiguousarray(picture).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)


def background(rng):
    """A random part of a random picture, as large as a crop."""
    picture = world["pictures"][rng.integers(len(world["pictures"]))]
    height = int(rng.uniform(0.25, 1) * min(picture.shape[0], 2 * picture.shape[1]))
    width = height // 2
    top, left = (
        rng.integers(picture.shape[0] - height + 1),
        rng.integers(picture.shape[1] - width + 1),
    )
    part = cv2.resize(
        picture[top : top + height, left : left + width], CROP[::-1], interpolation=cv2.INTER_AREA
    )
    return part[:, ::-1] if rng.random() < 0.5 else part


def compose(picture, mask, behind):
    weight = mask[..., None]
    return (picture * weight + behind * (1 - weight)).clip(0, 255).astype(np.uint8)


def person_views(rng, footage, tracks, moved=0.55):
    """Views of a filmed person in other clothes, often with another person's legs; a share of the
    views, `moved`, is put before another background."""
    track = tracks[rng.integers(len(tracks))]
    legs = tracks[rng.integers(len(tracks))] if rng.random() < 0.4 else None
    recolouring, views = None, []
    for row in rng.choice(track, VIEWS, replace=len(track) < VIEWS):
        crop, mask = footage["crops"][row], footage["masks"][row] / np.float32(255)
        if legs is not None:
            other = legs[rng.integers(len(legs))]
            seam = soft_rows(0.5, 2)
            crop = crop * (1 - seam[..., None]) + footage["crops"][other] * seam[..., None]
            mask = mask * (1 - seam) + footage["masks"][other] / np.float32(255) * seam
        recolouring = recolouring or Recolouring(rng, crop, mask, world["textures"])
        picture = recolouring.apply(crop, mask) * 255
        behind = background(rng) if rng.random() < moved else picture
        views.append(compose(picture, mask, behind))
    return views


def filmed_views(rng):
    """Views of a filmed person as he is, now and then before another background."""
    track = world["tracks"][rng.integers(len(world["tracks"]))]
    views = []
    for row in rng.choice(track, VIEWS, replace=len(track) < VIEWS):
        crop, mask = world["footage"]["crops"][row], world["footage"]["masks"][row]
        behind = background(rng) if rng.random() < 0.3 else crop
        views.append(compose(crop, mask / np.float32(255), behind))
    return views


def figure_views(rng):
    outfit = Outfit(rng, CROP, world["textures"])
    views = []
    for _ in range(VIEWS):
        picture, mask = draw(outfit, rng, CROP, MARGIN)
        views.append(compose(picture, mask / np.float32(255), background(rng)))
    return views


def object_views(rng):
    """The same object crop or piece of texture, slightly moved and resized."""
    if rng.random() < 0.3:
        things = world["things"]
        thing = things[rng.integers(len(things))]
        picture = cv2.resize(world["footage"]["crops"][thing], None, fx=1.3, fy=1.3)
        picture = picture[..., rng.permutation(3)]
    else:
        picture = cv2.resize(background(rng), None, fx=1.3, fy=1.3)
        while picture.std() < 20:
            picture = cv2.resize(background(rng), None, fx=1.3, fy=1.3)
    views = []
    for _ in range(VIEWS):
        top, left = (
            rng.integers(picture.shape[0] - CROP[0] + 1),
            rng.integers(picture.shape[1] - CROP[1] + 1),
        )
        views.append(np.ascontiguousarray(picture[top : top + CROP[0], left : left + CROP[1]]))
    return views


def identity_views(job):
    """RGB views of one identity; its number alone seeds everything about it."""
    number, kind = job
    rng = np.random.default_rng((SEED, number))
    if kind == "person":
        views = person_views(rng, world["footage"], world["tracks"])
    elif kind == "filmed":
        views = filmed_views(rng)
    elif kind == "heldout_person":
        views = person_views(rng, world["heldout"], world["heldout_tracks"], moved=0.0)
    else:
        views = figure_views(rng) if kind == "figure" else object_views(rng)
    return np.stack(views)[..., ::-1]


def standing_shape():
    """A soft upright shape for the crops whose segmentation failed."""
    shape, (height, width) = np.zeros(CROP, np.uint8), CROP
    middle, box_width, box_height = (width // 2, height // 2), width / MARGIN, height / MARGIN
    cv2.ellipse(shape, middle, (int(0.34 * box_width), int(0.5 * box_height)), 0, 0, 360, 255, -1)
    return cv2.GaussianBlur(shape, (0, 0), 5)


def person_tracks(footage):
    """Rows of each person track; masks that hold too little of the box are replaced."""
    share = footage["masks"].mean(axis=(1, 2)) / 255 * MARGIN**2
    footage["masks"][share < 0.3] = standing_shape()
    rows = np.flatnonzero(footage["kinds"] == PERSON)
    tracks = [
        rows[footage["tracks"][rows] == track] for track in np.unique(footage["tracks"][rows])
    ]
    return tracks


def load_world(footage_folder, picture_folder):
    """Everything the identity makers draw from; workers inherit it."""
    for name in ("training", "heldout"):
        stored = np.load(os.path.join(footage_folder, name + ".npz"))
        world["footage" if name == "training" else "heldout"] = {
            key: stored[key] for key in stored.files
        }
    files = sorted(
        glob.glob(os.path.join(picture_folder, "*.jpg"))
        + glob.glob(os.path.join(picture_folder, "*.png"))
    )
    pictures = [cv2.imread(file, cv2.IMREAD_COLOR) for file in files]
    pictures = [
        picture for picture in pictures if picture is not None and min(picture.shape[:2]) >= 200
    ]
    world["textures"] = pictures
    world["pictures"] = pictures + 3 * list(world["footage"]["frames"])
    world["tracks"] = person_tracks(world["footage"])
    world["heldout_tracks"] = person_tracks(world["heldout"])
    world["things"] = np.flatnonzero(world["footage"]["kinds"] != PERSON)


def box_part(views):
    """Views without their margins."""
    top, left = (int(round(side * (1 - 1 / MARGIN) / 2)) for side in CROP)
    return views[:, top : CROP[0] - top, left : CROP[1] - left]


def heldout_originals():
    """The held-out persons as filmed: one identity a track."""
    identities = []
    for track in world["heldout_tracks"]:
        rows = track[np.linspace(0, len(track) - 1, VIEWS).astype(int)]
        identities.append(world["heldout"]["crops"][rows][..., ::-1])
    return identities


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", help="folder written by footage.py")
    parser.add_argument("pictures", help="folder of pictures for backgrounds and textures")
    parser.add_argument("teacher", help="person-reidentification-retail-0288.xml")
    parser.add_argument("output", help="folder for views.npy and labels.npz")
    parser.add_argument(
        "--counts",
        type=int,
        nargs=5,
        default=(8000, 2700, 1800, 800, 150),
        metavar="N",
        help="identities of the kinds " + ", ".join(KINDS),
    )
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    cv2.setNumThreads(1)
    load_world(options.footage, options.pictures)
    kinds = np.repeat(np.array(KINDS), options.counts)
    originals = heldout_originals()
    total = (len(kinds) + len(originals)) * VIEWS
    views = np.lib.format.open_memmap(
        os.path.join(options.output, "views.npy"), "w+", np.uint8, (total, *CROP, 3)
    )
    with multiprocessing.Pool(2) as pool:
        for number, made in enumerate(pool.imap(identity_views, enumerate(kinds), chunksize=8)):
            views[number * VIEWS : (number + 1) * VIEWS] = made
    views[len(kinds) * VIEWS :] = np.concatenate(originals)
    teacher = Teacher(options.teacher, (1, 1), threads=os.cpu_count())
    embedding = np.empty((total, EMBEDDING), np.float32)
    for start in range(0, total, AT_ONCE):
        embedding[start : start + AT_ONCE] = teacher(box_part(views[start : start + AT_ONCE]))[1]
    kinds = np.concatenate((kinds, np.repeat("heldout_original", len(originals))))
    np.savez(
        os.path.join(options.output, "labels.npz"),
        teacher=embedding,
        kinds=np.repeat(kinds, VIEWS),
        identities=np.repeat(np.arange(len(kinds)), VIEWS),
    )
    print(f"{len(kinds)} identities, {total} views")


if __name__ == "__main__":
    main()
