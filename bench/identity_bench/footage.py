"""What is measured on: DATA_DIR's boxes, nets and clips, and Debian's vtest.avi (opencv-doc).

    pets/gt.txt, gt_person.txt, det_KIND.txt    boxes over vtest.avi, MOTChallenge columns
    clips/one-by-one-person-detection.mp4       people that are none of them
    teachers/*.onnx, *.xml                      nets that peers use
"""
import functools
import pathlib

import cv2

from . import boxes

VTEST = pathlib.Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")


class Missing(Exception):
    """A file that a table needs; says which, in one line."""


def read_frames(path, size=None):
    """BGR frames of a video, one after the other, scaled to size (width, height)."""
    reader = cv2.VideoCapture(str(path))
    while True:
        found, frame = reader.read()
        if not found:
            return
        yield frame if size is None else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)


class Footage:
    """The frames of one video and what is known about them; read when asked for."""

    def __init__(self, video, size=None, truths=None, detections=None):
        self.video, self.size = video, size
        self.truths = truths or {}          # "19", "10": {frame: [Row]}
        self.detections = detections or {}  # kind: {frame: [Row]}

    @functools.cached_property
    def frames(self):
        return list(read_frames(self.video, self.size))


class Data:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def file(self, name):
        path = self.folder / name
        if not path.exists():
            raise Missing(f"{path}: no such file")
        return path

    def teacher(self, name):
        return self.file(f"teachers/{name}")

    @functools.cached_property
    def people(self):
        """vtest.avi with the truth as 19 trajectories and as 10 persons, and three kinds of boxes."""
        if not VTEST.exists():
            raise Missing(f"{VTEST}: no such file (Debian package opencv-doc)")
        kinds = ("yolox_nano", "frcnn", "oracle")
        return Footage(VTEST, None,
                       {"19": boxes.read(self.file("pets/gt.txt")),
                        "10": boxes.read(self.file("pets/gt_person.txt"))},
                       {kind: boxes.read(self.file(f"pets/det_{kind}.txt")) for kind in kinds})

    @functools.cached_property
    def strangers(self):
        clip = self.file("clips/one-by-one-person-detection.mp4")
        return Footage(clip, (768, 576))
