"""Cuts persons and objects out of the training clips: detect (YOLOX-nano), link boxes to short
tracks by overlap, segment each crop (GrabCut), and save everything in one .npz file.

The crops keep a margin around the box (MARGIN times its size), so training can move the box.
The clips are given by name in CLIPS, with the step between the frames that are looked at: only
footage with a clear licence, and never the test footage. Every person of a still picture is a track
of one crop.
"""

import argparse
import glob
import itertools
import os

import cv2
import numpy as np
import onnxruntime

CLIPS = {
    "Retail02_short.mp4": 4,
    "sam2_bedroom.mp4": 3,
    "car-detection.mp4": 6,
    "bottle-detection.mp4": 20,
    "people-detection.gif": 2,
    "store-aisle-detection.gif": 2,
    "worker-zone-detection.gif": 2,
    "person-bicycle-car-detection.gif": 2,
    "classroom.gif": 3,
    "face-demographics-walking.gif": 2,
    "face-demographics-walking-and-pause.gif": 2,
}
HELD_OUT_CLIP = "one-by-one-person-detection.mp4"
HELD_OUT_EVERY = 8  # of the person windows
PERSON = 0
MARGIN = 1.3
CROP = (250, 125)
LEAST_HEIGHT = 60


class Detector:
    """YOLOX-nano: letterboxed BGR bytes in, boxes x, y, width, height, scores and classes out."""

    SIDE = 416

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(path, options)
        self.input = self.session.get_inputs()[0].name
        grids, strides = [], []
        for stride in (8, 16, 32):
            row, column = np.mgrid[: self.SIDE // stride, : self.SIDE // stride]
            grids.append(np.stack((column, row), axis=-1).reshape(-1, 2))
            strides.append(np.full((len(grids[-1]), 1), stride))
        self.grid, self.stride = np.concatenate(grids), np.concatenate(strides)

    def __call__(self, frame, threshold=0.45):
        ratio = self.SIDE / max(frame.shape[:2])
        small = cv2.resize(frame, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_LINEAR)
        canvas = np.full((self.SIDE, self.SIDE, 3), 114, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        batch = canvas.transpose(2, 0, 1)[None].astype(np.float32)
        raw = self.session.run(None, {self.input: batch})[0][0]
        centre, size = (raw[:, :2] + self.grid) * self.stride, np.exp(raw[:, 2:4]) * self.stride
        score = raw[:, 4] * raw[:, 5:].max(axis=1)
        boxes = np.concatenate((centre - size / 2, size), axis=1) / ratio
        keep = np.array(
            cv2.dnn.NMSBoxes(boxes.tolist(), score.tolist(), threshold, 0.5), int
        ).ravel()
        return boxes[keep], score[keep], raw[keep, 5:].argmax(axis=1)


def overlap(first, second):
    """Intersection over union of two boxes x, y, width, height."""
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    inside = max(0.0, width) * max(0.0, height)
    return inside / (first[2] * first[3] + second[2] * second[3] - inside)


def cut(frame, box, scale=MARGIN):
    """The box grown by `scale` around its centre, as a picture of CROP; edges are repeated."""
    x, y, width, height = box
    left, top = x + width / 2 * (1 - scale), y + height / 2 * (1 - scale)
    factor_x, factor_y = CROP[1] / (scale * width), CROP[0] / (scale * height)
    if factor_y < 0.5:  # shrink the frame first, or the warp would alias
        shrink = 2 * factor_y
        frame = cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        left, top, factor_x, factor_y = left * shrink, top * shrink, factor_x / shrink, 0.5
    matrix = np.float32([[factor_x, 0, -left * factor_x], [0, factor_y, -top * factor_y]])
    return cv2.warpAffine(
        frame, matrix, CROP[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def segment(crop):
    """Foreground mask (0..255, soft edges) of the object that fills the middle of a crop."""
    small = cv2.resize(crop, (CROP[1] // 2, CROP[0] // 2), interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    inset = (1 - 1 / MARGIN) / 2
    box = (int(width * inset), int(height * inset), int(width / MARGIN), int(height / MARGIN))
    mask, models = np.zeros((height, width), np.uint8), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.grabCut(small, mask, box, *models, 4, cv2.GC_INIT_WITH_RECT)
    mask = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    return cv2.GaussianBlur(cv2.resize(mask, CROP[::-1]), (0, 0), 2)


def link(boxes, classes, open_tracks, next_track):
    """Continues the last frame's tracks; returns those of this one and the next free number."""
    linked, taken = [], set()
    for box, kind in zip(boxes, classes):
        likely = [
            (overlap(box, last), track) for last, track, other in open_tracks if other == kind
        ]
        best, track = max(likely, default=(0, None))
        if best < 0.4 or track in taken:
            track, next_track = next_track, next_track + 1
        taken.add(track)
        linked.append((box, track, kind))
    return linked, next_track


def is_crowded(index, tracks):
    """Whether another box of the same class covers much of this one."""
    box, _, kind = tracks[index]
    others = tracks[:index] + tracks[index + 1 :]
    return any(overlap(box, other) >= 0.25 for other, _, same in others if same == kind)


def extract(path, step, detector, next_track):
    """Crops, masks, track numbers, classes and frame numbers of one clip, some full frames, and
    the next free track number."""
    reader, rows, frames, tracks = cv2.VideoCapture(path), [], [], []
    for number in itertools.count():
        found, frame = reader.read()
        if not found:
            return rows, frames, next_track
        if number % step:
            continue
        boxes, _, classes = detector(frame)
        if len(frames) < 12 and number % (12 * step) == 0:
            frames.append(cv2.resize(frame, (768, 432), interpolation=cv2.INTER_AREA))
        tracks, next_track = link(boxes, classes, tracks, next_track)
        for index, (box, track, kind) in enumerate(tracks):
            if box[3] > LEAST_HEIGHT and not is_crowded(index, tracks):
                crop = cut(frame, box)
                rows.append((crop, segment(crop), track, kind, number))


def extract_stills(folder, detector, next_track):
    """The same of a folder of pictures: every person who stands free is a track of his own."""
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        picture = cv2.imread(path)
        if picture is None or min(picture.shape[:2]) < 96:
            continue
        boxes, _, classes = detector(picture)
        tracks = [(box, None, kind) for box, kind in zip(boxes, classes)]
        for index, (box, _, kind) in enumerate(tracks):
            upright = kind == PERSON and box[3] > max(LEAST_HEIGHT, 1.3 * box[2])
            if upright and not is_crowded(index, tracks):
                crop = cut(picture, box)
                rows.append((crop, segment(crop), next_track, kind, 0))
                next_track += 1
    return rows, next_track


def extract_windows(folder, next_track):
    """The same of pictures of 64 x 128 that show one person of about 96 in their middle (INRIA)."""
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        picture = cv2.imread(path)
        height, width = picture.shape[:2]
        box = (width / 2 - 0.16 * height, height / 8, 0.32 * height, 0.75 * height)
        crop = cut(picture, box)
        rows.append((crop, segment(crop), next_track, PERSON, 0))
        next_track += 1
    return rows, next_track


def save(rows, frames, path):
    crops, masks, tracks, kinds, numbers = (np.array(column) for column in zip(*rows))
    np.savez(
        path,
        crops=crops,
        masks=masks,
        tracks=tracks,
        kinds=kinds,
        numbers=numbers,
        frames=np.array(frames),
    )
    print(f"{path}: {len(crops)} crops of {len(set(tracks.tolist()))} tracks")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", help="folder of the clips")
    parser.add_argument("detector", help="yolox_nano.onnx")
    parser.add_argument("output", help="folder for training.npz and heldout.npz")
    parser.add_argument("--stills", nargs="*", default=(), help="folders of pictures with persons")
    parser.add_argument("--windows", nargs="*", default=(), help="folders of person windows")
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    cv2.setRNGSeed(0)
    detector, rows, frames, track = Detector(options.detector), [], [], 0
    for name, step in CLIPS.items():
        more_rows, more_frames, track = extract(
            os.path.join(options.clips, name), step, detector, track
        )
        rows, frames = rows + more_rows, frames + more_frames
    for folder in options.stills:
        more_rows, track = extract_stills(folder, detector, track)
        rows = rows + more_rows
    windows = []
    for folder in options.windows:
        more_rows, track = extract_windows(folder, track)
        windows += more_rows
    rows += [row for number, row in enumerate(windows) if number % HELD_OUT_EVERY]
    save(rows, frames, os.path.join(options.output, "training.npz"))
    rows, frames, _ = extract(os.path.join(options.clips, HELD_OUT_CLIP), 4, detector, track)
    rows += windows[::HELD_OUT_EVERY]
    save(rows, frames, os.path.join(options.output, "heldout.npz"))


if __name__ == "__main__":
    main()
